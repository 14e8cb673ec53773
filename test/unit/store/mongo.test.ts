import { documentsContract } from '../../storeContract/documents.js';
import { onMongodb } from '../../support/engines.js';

onMongodb(documentsContract);
