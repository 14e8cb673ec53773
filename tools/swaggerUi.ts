import { copySwaggerUi } from './openapi/copySwaggerUi.js';

// Into what `npm run build` makes, so that it also runs without development dependencies.
copySwaggerUi('dist');
