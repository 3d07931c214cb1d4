/**
 * The graph of signed commands, its law, and the replica: one deterministic machine, `step(event) -> effects[]`. Plain
 * data in, plain data out; it refuses to know sockets, disks, clocks and timers, and private keys but by a function that
 * signs. The state of a team is a pure function of the set of commands; order of arrival changes nothing.
 *
 * @example
 * import { Replica } from '../team/index.ts'
 * const replica = new Replica({ team, device, signingKey, sign, random }, [])
 * for (const effect of replica.step({ kind: 'connected', peer, device: theirDevice, given: true, now })) perform(effect)
 */
export { apply } from './apply.ts'
export { Audit, type AuditFault, type AuditResult } from './audit.ts'
export { foundTeam, type AuthorParts } from './author.ts'
export type { Act, Bodies, Op } from './bodies.ts'
export { encodeBody, isName, isNetworkName, payloadOf, readAct } from './body.ts'
export { formatKeyBundle, readAnyBundle, readBundle, type BundleScheme } from './bundle-text.ts'
export { check, neededPermissions, replayFacts, type Author, type KeyFacts } from './check.ts'
export { claimChecks, makeClaim, parseClaim, readClaim, type Claim } from './claim.ts'
export { CommandList } from './command-list.ts'
export type { CommandStore, KeptCheckpoint, KeptCommand, KeptIndex, KeptTeam, OrderedPage } from './command-store.ts'
export {
  commandId,
  encodeUnsigned,
  parseCommand,
  signCommand,
  type Command,
  type Envelope,
  type ForeignCommand,
} from './command.ts'
export { createDevice, type Device, type DeviceSeed } from './device.ts'
export { boxAt, openEpochBox, openSwarmKey, sealSwarmKey, type Recipient, type SecretAhead } from './epoch.ts'
export type { Setback, Standing } from './ruling.ts'
export { readFrame, syncProtocol, type SyncFrame } from './frames.ts'
export type { Graph, GraphNode } from './graph.ts'
export { actFor, type Intent } from './intent.ts'
export { InviteBook } from './invite-book.ts'
export {
  inviteFrameMap,
  inviteProtocol,
  readInviteFrame,
  type InviteFrame,
  type InviteFrameOf,
} from './invite-frames.ts'
export { invitesOf, resolveInvite, whyOut, type InviteStatus, type InviteView } from './invite-view.ts'
export { bundleChecks, deviceId, makeKeyBundle, parseKeyBundle, readKeyBundle, type KeyBundle } from './key-bundle.ts'
export { mayRotate } from './rotation.ts'
export { boundAct, recipientsOf, rotationPending, sealingEpoch } from './kinds/keys.ts'
export {
  author,
  decode,
  evaluate,
  type Decoded,
  type Draft,
  type Evaluated,
  type EvaluatedMember,
  type Verdict,
} from './library.ts'
export { makePeerBinding, readPeerBinding, type PeerBinding } from './peer-binding.ts'
export {
  defaultRoles,
  kinds,
  permissions,
  roleName,
  type Kind,
  type KindPolicy,
  type Permission,
  type Role,
} from './policy.ts'
export { Replica, type LoadedCommand, type ReplicaParts } from './replica.ts'
export { encodeState, stateHash } from './state-bytes.ts'
export { emptyState, generationOf, rankOf, type Member, type TeamState } from './state.ts'
export type { CommandRecord, Outcome, ReplicaEffect, ReplicaEvent, RightsChange } from './step.ts'
export { swarmView, type SwarmView } from './swarm-view.ts'
export {
  labelsOf,
  namesOf,
  stateView,
  type EpochView,
  type LabelView,
  type NameView,
  type NodeView,
  type OpenInviteView,
  type StateView,
} from './state-view.ts'
export { teamLog, type LogEntry, type LogPart } from './team-log.ts'
export {
  memberView,
  membersOf,
  resolveDevice,
  rolesOf,
  teamView,
  type MemberView,
  type RoleView,
  type TeamView,
} from './team-view.ts'
export { checksOf } from './signature-checks.ts'
export { answerCheck, type SignatureCheck } from './verification.ts'
