export { type TrainNetworkOptions, trainNetwork } from "./train-network.js";
