import { documentsContract } from '../contract/documents.js';
import { onMongodb } from '../support/engines.js';

onMongodb(documentsContract);
