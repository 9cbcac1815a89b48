/** Options that make each transform do something on a small sensor. */
import type { OptionValues } from "../../src/events/index.ts";

/** The sensor that they are for. */
export const SENSOR = { width: 12, height: 8 };

export const OPTIONS: Readonly<Record<string, OptionValues>> = {
  backgroundActivityFilter: { filterTimeUs: 1000 },
  backgroundNoise: { rateHz: 2000 },
  centerCrop: { width: 6, height: 20 },
  crop: { x: 1, y: 2, width: 8, height: 4 },
  cut: { startUs: 100, endUs: 3000 },
  decimate: { n: 3 },
  denoise: { filterTimeUs: 1000 },
  downsample: { spatialFactor: 0.4, timeFactor: 0.5 },
  dropChunk: {},
  dropEvent: { p: 0.3 },
  dropEventByArea: { areaRatio: 0.5, minRatio: 0.2 },
  dropEventByTime: {},
  eventDownsampling: { width: 4, height: 4, method: "differentiator", windowUs: 500 },
  eventDrop: {},
  flipLR: { p: 0.5 },
  flipPolarity: {},
  flipUD: {},
  hotPixelFilter: { maxRateHz: 300, windowUs: 2000 },
  limit: { maxEvents: 30 },
  mergePolarities: {},
  randomCrop: { width: 5, height: 5 },
  randomDropPixel: { p: 0.3 },
  refractoryPeriod: { periodUs: 500 },
  rotate: { spreadDeg: 30 },
  spatialJitter: { sigmaXY: 0.5, clipOutliers: true },
  timeAlignment: {},
  timeJitter: { stdUs: 800 },
  timeReversal: {},
  timeSkew: { coefficient: 1.3, offsetUs: 7 },
  timeWarp: { strength: 0.5, periodUs: 1000 },
  undistort: { fx: 9, fy: 9, cx: 6, cy: 4, k1: -0.2, p1: 0.01 },
  uniformNoise: { count: 25 },
};
