/** What `saccade train` and `saccade eval` show as a page. Plain data. */

/** Numbers of steps of training. A point is the mean of the steps since the point before. */
export type StepCurves = {
  /** Last step of each point. */
  readonly steps: readonly number[];
  readonly loss: readonly number[];
  /** Of the steps of each point. */
  readonly lowest: readonly number[];
  readonly highest: readonly number[];
  /** By name: the learning rate, the norm of the gradient, the terms of the loss. */
  readonly others: readonly { readonly name: string; readonly values: readonly number[] }[];
};

/** The headline metric at the evaluations, as it is shown. */
export type EvaluationCurves = {
  readonly steps: readonly number[];
  readonly rows: readonly {
    readonly name: string;
    readonly baseline: boolean;
    /** Null where an evaluation has no such row. */
    readonly values: readonly (number | null)[];
  }[];
};

/** How often each class was taken for each other, perhaps of a part of the classes. */
export type Confusion = {
  readonly classes: readonly string[];
  /** `[true, predicted]`, of the classes shown. */
  readonly counts: readonly (readonly number[])[];
  /** Samples of each class shown, whatever they were taken for. */
  readonly samples: readonly number[];
  /** Number of all classes. */
  readonly of: number;
};

/** What was measured of a model or of a baseline. */
export type MeasuredRow = {
  readonly name: string;
  readonly baseline: boolean;
  /** Of each column, as it is shown; null for what is not known. */
  readonly values: readonly (number | null)[];
  readonly confusion?: Confusion;
  /** Intersection over union by class, 0 … 1; null for classes that are not there. */
  readonly iou?: readonly { readonly name: string; readonly share: number | null }[];
  /** Pelvis-aligned error of each of the 24 joints, millimetres. */
  readonly perJoint?: readonly number[];
  /** Error after each step of the window, of the unit of the columns. */
  readonly perStep?: readonly number[];
};

/** What was measured: the model first. */
export type Measured = {
  /** Of most columns. */
  readonly unit: string;
  readonly columns: readonly { readonly label: string; readonly digits: number }[];
  readonly headline: { readonly column: number; readonly better: "low" | "high" };
  /** None before the first evaluation. */
  readonly rows: readonly MeasuredRow[];
  /** What was measured, and when, in words. */
  readonly on: string;
};

/** What the page holds. */
export type RunReport = {
  readonly title: string;
  readonly facts: readonly (readonly [name: string, value: string])[];
  readonly notes: readonly string[];
  readonly measured: Measured;
  /** Null for a measurement alone. */
  readonly curves: { readonly training: StepCurves; readonly evaluations: EvaluationCurves } | null;
  /** YAML; null where it is not known. */
  readonly config: string | null;
  /** The command, and what it ran on. */
  readonly madeBy: string;
};
