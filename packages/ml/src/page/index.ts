export { modelLoader, type ModelLoaderOptions, type ModelToLoad } from "./model-loader.js";
