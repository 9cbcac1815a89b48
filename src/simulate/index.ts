export { Background, type BackgroundStyle } from "./background.ts";
export { CAPSULE_STRIDE, poseCapsules, type PosedCapsules } from "./capsules.ts";
export { type CameraPath, frameMotion } from "./framing.ts";
export {
  bvhFrame,
  bvhHeader,
  bvhRest,
  bvhSkeleton,
  bvhTransforms,
  encodeBvh,
  generateMotion,
  mapBones,
  motionSeconds,
  MOTION_KINDS,
  parseAmc,
  parseAsf,
  parseBvh,
  parseDeepMimic,
  performMotion,
  performSmpl,
  poseAt,
  retargetBvh,
  retargetSkeleton,
  smplSequence,
  varyMotion,
  type AcclaimSkeleton,
  type BoneMap,
  type BvhChannel,
  type BvhDocument,
  type BvhJoint,
  type CapturedMotion,
  type MotionKind,
  type MotionOptions,
  type Performance,
  type SkeletonMotion,
  type SmplSequence,
} from "./motion/index.ts";
export type { Transfer } from "./log-intensity.ts";
export {
  renderedFrames,
  type SimulatedFrame,
  simulateRecording,
  type SimulationOptions,
  Stage,
} from "./recording.ts";
export { type FilmOptions, type FilmShot, filmMotion } from "./film.ts";
export { type Lens, Renderer } from "./renderer.ts";
export {
  type Cover,
  coverOf,
  COVERS,
  handHeldScene,
  randomScene,
  type Scene,
  type View,
  type Wave,
} from "./scene.ts";
export { drawScene, type Range, type SceneRanges } from "./scene-ranges.ts";
export { type SensorPhysics, type SensorPreset, presetSizes, sensorPresets } from "./presets.ts";
export { EventSensor, type SensorOptions } from "./sensor.ts";
export {
  type CameraLight,
  type DirectionalLight,
  irradiance,
  lightInCamera,
  type Lighting,
  type Material,
  Textures,
} from "./shading.ts";
export {
  encodeTruthFrame,
  encodeTruthHeader,
  type JointFrame,
  parseTruth,
  parseTruthFrame,
  parseTruthHeader,
  type TruthFrame,
  type TruthHeader,
} from "./truth.ts";
export { simulateVideo, type VideoSimulation, type VideoStep } from "./video.ts";
