export type { InfluxV1, InfluxV2 } from "./connection.js";
export { type InfluxSeriesOptions, influxSeries } from "./series.js";
