import { documentsContract } from '../../storeContract/documents.js';
import { onEmbedded } from '../../support/engines.js';

onEmbedded(documentsContract);
