/**
 * Swarm keys that everybody has: hex of SHA-256(`hyrax/swarm-key-published/v1` ‖ 0x00 ‖ key). Digests, so that this
 * list does not publish them again.
 */
const published: Readonly<Record<string, string>> = {}

export const publicSwarmKeys: ReadonlySet<string> = new Set(Object.values(published))
