/**
 * Who may connect and who may ask: facts in, a verdict out. The gate of the swarm, the judgement at the admin door,
 * node lists, authorized keys, known nodes and the lock-out guard. It refuses to know teams, claims, sockets, files and
 * clocks: facts and the time are handed in.
 *
 * @example
 * const gate = createGate({ permissioned: true, allowed: parseNodeList(keys, 'permissioned', text) })
 * const verdict = gate.admitInbound(peer)
 * if (verdict.kind === 'refuse') log.info('peer refused', verdict.data)
 */
export {
  createGate,
  type Admission,
  type Gate,
  type GateFacts,
  type ListFacts,
  type TeamFacts,
  type Verdict,
} from './gate.ts'
export {
  permittedPeers,
  standingOf,
  standings,
  type AdmittingList,
  type BarringList,
  type Standing,
} from './standing.ts'
export { guardLockout, isExpired, judgeDoor, type DoorAdmission, type DoorRules, type DoorVisitor } from './door.ts'
export {
  addKnown,
  forgetKnown,
  judgeKnown,
  parseKnownNodes,
  printKnownNodes,
  replaceKnown,
  revokeKnown,
  sinceText,
  type KnownLine,
  type KnownNode,
  type KnownNodes,
  type KnownVerdict,
} from './known-nodes.ts'
export {
  listDigest,
  listFiles,
  parseNodeList,
  printNodeList,
  unreadableList,
  withEntry,
  withoutPeer,
  type ListKind,
  type NodeList,
  type NodeListEntry,
} from './node-list.ts'
export { planGuardedChange, type GuardedFacts, type GuardedPlan } from './settings-change.ts'
