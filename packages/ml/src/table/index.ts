export { trainingTable } from "./training-table.js";
export {
  days,
  type History,
  type LeftOut,
  type TrainingLabel,
  type TrainingTable,
  type TrainingTableOptions,
} from "./types.js";
