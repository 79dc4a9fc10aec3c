export { type KafkaLogOptions, kafkaLog } from "./log.js";
