/**
 * Swarm keys that everybody has: hex of SHA-256(`hyrax/swarm-key-published/v1` ‖ 0x00 ‖ key). Digests, so that this
 * list does not publish them again.
 */
const published: Readonly<Record<string, string>> = {
  'swarm-key.example of this repository': 'c9de46d5451dd3b964854c946fa1a40c238e9d389b9c448c8342db3d5d0b9211',
  'ActyxOS: default of its settings': '9f5063f4da8dcefd54d7234a82529f79296b3f9a509c40b6aed3b0a122235ecf',
  'ActyxOS: sample node settings': '11af13655ee8d1a39cdf31a4c7fe2871c397f65c1c174f92b05c9eaf91b50c03',
  'ActyxOS: guide on swarms': '31ec48ee5d7fd8a8fb29dae25660c28e1253106029b6857b4f7139eba8f507bb',
  'ActyxOS: example settings of its manager': '26a987835d85c55a5689c401077f2bb7a07c2bc53f5f691a46fe1b5c22b182ae',
  'ActyxOS: sample of its settings source': '411caa067281d8b70472680f6eac9f94b94bd3ca47a2422ef59275845cbf7abc',
}

export const publicSwarmKeys: ReadonlySet<string> = new Set(Object.values(published))
