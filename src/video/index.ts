export { decodeImage, type Image, type ImageOptions } from "./image.ts";
