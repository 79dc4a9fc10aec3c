export { GROUP_FLOOR, type ReportCard, reportCard, type Slice, worseThan } from "./report-card.js";
export {
  labelWords,
  targetsOf,
  type TrainedOnTable,
  trainOnTable,
  type TrainOnTableOptions,
} from "./train-on-table.js";
export { trainingTable, trainingTables } from "./training-table.js";
export {
  days,
  type History,
  type LeftOut,
  type TrainingLabel,
  type TrainingTable,
  type TrainingTableOptions,
} from "./types.js";
