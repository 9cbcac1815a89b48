/** Videos under Node.js, by the ffmpeg of the machine. */
export { ffmpegVersion } from "./ffmpeg-node.ts";
export { IMAGE_ENDINGS, openVideo, type Video, type VideoOptions } from "./read-node.ts";
export {
  writeVideo,
  VIDEO_FORMATS,
  type VideoFormat,
  videoFormatOf,
  type WriteVideoOptions,
} from "./write-node.ts";
