/**
 * Calls operations on a node: through its admin door (4458 or its Unix socket) under Noise, with a check of who answers
 * before anything is sent, or through the HTTP API on loopback. It starts no libp2p host, asks no person, and knows
 * nothing of known nodes: that verdict comes in as `onIdentity`.
 *
 * @example
 * const admin = await dialAdmin(parseNodeAddress('/ip4/127.0.0.1/tcp/4458'), { identity }, { timeoutMs: 20_000 })
 * const { peer } = await admin.call('nodes.id', {})
 * await admin.close()
 */
export {
  adminProtocol,
  dialAdmin,
  identifyNode,
  loadTransport,
  type AdminConnection,
  type DialOptions,
  type DialParts,
  type Greeting,
} from './admin-connection.ts'
export { openHttp, type HttpOptions } from './http.ts'
export type { Signer } from './signer.ts'
