export { decodeImage, type Image, type ImageOptions } from "./image.ts";
export { framesOf, type FrameShape, frameTimeUs, MAX_FRAME_SIDE, type VideoFrame } from "./frames.ts";
