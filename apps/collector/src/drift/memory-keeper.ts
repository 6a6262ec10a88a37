import type { DeviceId } from "@kedge/core";
import { type DeviceMemory, decodeMemory } from "@kedge/drift";
import { type Documents, put } from "@kedge/store";

/** Memories of some devices, stored together: thousands of single documents would be thousands of commits. */
export interface MemoryShard {
  readonly memories: Readonly<Record<string, DeviceMemory>>;
}

const shards = 128;

/** A device's shard: FNV-1a of its id. */
function shardOf(deviceId: string): string {
  let hash = 0x811c9dc5;
  for (let i = 0; i < deviceId.length; i += 1) hash = Math.imul(hash ^ deviceId.charCodeAt(i), 0x01000193) >>> 0;
  return `shard-${String(hash % shards).padStart(3, "0")}`;
}

/**
 * What the drift monitor keeps of every device from look to look. In memory, and stored now and then: what a crash loses is taken in again from
 * the stored windows, since a memory says which window it took last.
 */
export class MemoryKeeper {
  readonly #documents: Documents<MemoryShard>;
  readonly #memories = new Map<DeviceId, DeviceMemory>();
  readonly #changed = new Set<string>();

  constructor(documents: Documents<MemoryShard>) {
    this.#documents = documents;
  }

  get all(): ReadonlyMap<DeviceId, DeviceMemory> {
    return this.#memories;
  }

  /** Takes what is stored in the place of what is known: another collector may have judged the fleet meanwhile. */
  async load(): Promise<void> {
    this.#memories.clear();
    this.#changed.clear();
    for (const { body } of await this.#documents.list({ limit: shards })) {
      for (const [deviceId, stored] of Object.entries(body.memories)) {
        const memory = decodeMemory(stored);
        if (memory !== undefined) this.#memories.set(deviceId as DeviceId, memory);
      }
    }
  }

  keep(memories: ReadonlyMap<DeviceId, DeviceMemory>): void {
    for (const [deviceId, memory] of memories) {
      if (this.#memories.get(deviceId) === memory) continue;
      this.#memories.set(deviceId, memory);
      this.#changed.add(shardOf(deviceId));
    }
  }

  /** Forgets devices that are no members any more. */
  keepOnly(isMember: (deviceId: DeviceId) => boolean): void {
    for (const deviceId of this.#memories.keys()) {
      if (isMember(deviceId)) continue;
      this.#memories.delete(deviceId);
      this.#changed.add(shardOf(deviceId));
    }
  }

  /** Stores what changed since the last time. */
  async save(): Promise<void> {
    if (this.#changed.size === 0) return;
    const byShard = new Map<string, Record<string, DeviceMemory>>([...this.#changed].map((shard) => [shard, {}]));
    for (const [deviceId, memory] of this.#memories) {
      const shard = byShard.get(shardOf(deviceId));
      if (shard !== undefined) shard[deviceId] = memory;
    }
    for (const [shard, memories] of byShard) {
      this.#changed.delete(shard);
      await put(this.#documents, shard, { memories });
    }
  }
}
