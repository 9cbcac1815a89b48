/** What `saccade classify` and `saccade segment` show as a page. Plain data. */

/** The model that looked. */
export type LabellingModel = {
  /** Its file. */
  readonly file: string;
  /** For example `"SpikeVideoFormer"`. */
  readonly title: string;
  readonly parameters: number;
  /** What it looks at, in words. */
  readonly input: string;
  readonly classes: number;
};

/** An input and its most probable classes, those first. */
export type ClassifiedInput = {
  readonly name: string;
  /** Data URIs of what the model saw, step by step. */
  readonly frames: readonly string[];
  /** Width over height of a frame. */
  readonly aspect: number;
  readonly classes: readonly { readonly name: string; readonly probability: number }[];
};

/** A picture and the class of each of its pixels. */
export type SegmentedPicture = {
  readonly name: string;
  readonly width: number;
  readonly height: number;
  /** Data URI. */
  readonly picture: string;
  /** Data URI of a grey picture whose values are labels. */
  readonly mask: string;
};

/** A class of a mask. */
export type MaskClass = {
  readonly name: string;
  readonly label: number;
  /** Red, green, blue. */
  readonly colour: readonly [number, number, number];
  /** Share of the pixels of all pictures. */
  readonly share: number;
};

/** What the page holds: classes of inputs, or of pixels. */
export type LabelledReport = {
  readonly title: string;
  readonly model: LabellingModel;
  readonly node: string;
  readonly notes: readonly string[];
} & (
  | {
      readonly kind: "classes";
      /** Whether frames are those of events: blue for ON, orange for OFF. */
      readonly events: boolean;
      readonly inputs: readonly ClassifiedInput[];
    }
  | {
      readonly kind: "masks";
      readonly pictures: readonly SegmentedPicture[];
      readonly classes: readonly MaskClass[];
    }
);
