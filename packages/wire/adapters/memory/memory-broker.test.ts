import { linkContract } from "../../contract/link-contract.js";
import { MemoryBroker } from "./memory-broker.js";

linkContract("memory", async () => {
  const broker = new MemoryBroker();
  return {
    link: (options) => broker.link(options),
    cut: (clientId) => broker.cut(clientId),
    stop: () => broker.stop(),
    start: () => broker.start(),
    close: async () => broker.stop(),
  };
});
