import { documentsContract } from '../contract/documents.js';
import { onEmbedded } from '../support/engines.js';

onEmbedded(documentsContract);
