import { outboxContract } from "../../contract/outbox-contract.js";
import { MemoryOutbox } from "./memory-outbox.js";

outboxContract("memory", async () => {
  let last: MemoryOutbox | undefined;
  return {
    open: async (bounds) => {
      last = last?.restarted() ?? new MemoryOutbox({ bootEpoch: 1, ...bounds });
      return last;
    },
    close: async () => {},
  };
});
