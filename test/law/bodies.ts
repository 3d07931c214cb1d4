import { labels } from '../../src/base/index.ts'
import { compareBytes, encodeCbor } from '../../src/codec/index.ts'
import { identityFromSeed, sha256, type Identity } from '../../src/keys/index.ts'
import { unusual, type Step, type Verb } from './notation.ts'
import { bundleOf, bytesOf, deviceOf, firstRing, signingKey, type Ring, type Sight } from './sight.ts'

/** What a payload is written from. */
export interface Writing {
  readonly step: Step
  /** What the author has seen. */
  readonly sight: Sight
  /** The keys of the bundle that the command carries. */
  readonly ring: Ring | undefined
  /** Id of the team. */
  readonly team: Uint8Array
}

/** Kind and payload of a command, as the page writes them. */
interface Said {
  readonly kind: string
  readonly body: object
}

type Writer = (writing: Writing, words: Readonly<Record<string, string>>) => Said

/** The payload of a step, with what its author saw bound into it. */
export function bodyOf(writing: Writing): Said {
  const words: Record<string, string> = {}
  for (const [name, word] of Object.entries(writing.step.words)) if (word !== undefined) words[name] = word
  return writers[writing.step.verb](writing, words)
}

/** The key of an invite, by the name it has in a scenario. */
export function inviteKey(invite: string): Identity {
  return identityFromSeed(bytesOf('invite', invite))
}

/** Id of an epoch, by the name it has in a scenario. */
export function epochId(epoch: string): Uint8Array {
  return bytesOf('epoch', epoch)
}

/** PeerId of a node that is no device, by the name it has in a scenario. */
export function peerOf(node: string): string {
  return deviceOf(`node ${node}`).peer
}

const writers: Record<Verb, Writer> = {
  add: (at, { device = '', role = 'user' }) => {
    const body = {
      bundle: bundleIn(at, device),
      commonName: device,
      ...roleAt(at, role),
      gen: at.sight.generation(device),
    }
    return { kind: 'AddDevice', body }
  },
  remove: (at, { device = '' }) => ({ kind: 'RemoveDevice', body: target(at, device) }),
  leave: (at) => ({ kind: 'RemoveDevice', body: target(at, at.step.author) }),
  confirm: ({ sight }, { device = '' }) => {
    const { id: leave, generation: gen } = sight.leaves.get(device) ?? { id: bytesOf('no leave'), generation: 0 }
    return { kind: 'ConfirmLeave', body: { device: deviceOf(device).idBytes, gen, leave } }
  },
  make: (at, { device = '', role = '' }) => {
    const from = at.sight.members.get(device)?.role ?? 'user'
    return { kind: 'AssignRole', body: { ...target(at, device), ...roleAt(at, role), from } }
  },
  revokeRole: (at, { device = '' }) => {
    const role = at.sight.members.get(device)?.role ?? 'user'
    return { kind: 'RevokeRole', body: { ...target(at, device), ...roleAt(at, role) } }
  },
  createRole: (_, { role = '', rank = '', permissions }) => {
    const held = permissions?.split(',').sort() ?? []
    return { kind: 'CreateRole', body: { role, rank: Number(rank), permissions: held } }
  },
  deleteRole: (at, { role = '' }) => ({ kind: 'DeleteRole', body: roleAt(at, role) }),
  addPermission: (at, { role = '', permission }) => {
    return { kind: 'AddPermission', body: { ...roleAt(at, role), permission } }
  },
  removePermission: (at, { role = '', permission }) => {
    return { kind: 'RemovePermission', body: { ...roleAt(at, role), permission } }
  },
  name: (at, { device = '', name }) => ({ kind: 'AssignNetworkName', body: { ...target(at, device), name } }),
  unname: (at, { device = '', name }) => ({ kind: 'RevokeNetworkName', body: { ...target(at, device), name } }),
  createLabel: (_, { label }) => ({ kind: 'CreateLabel', body: { label } }),
  deleteLabel: (at, { label = '' }) => ({ kind: 'DeleteLabel', body: labelAt(at, label) }),
  assignLabel: (at, { device = '', label = '', op = 'send-recv' }) => {
    return { kind: 'AssignLabel', body: { ...target(at, device), ...labelAt(at, label), op } }
  },
  revokeLabel: (at, { device = '', label = '' }) => {
    return { kind: 'RevokeLabel', body: { ...target(at, device), ...labelAt(at, label) } }
  },
  createInvite: (at, { invite = '', role = 'user' }) => {
    const maxUses = Number(unusual(at.step, /^uses (\d+)$/) ?? 1)
    const notAfter = Number(unusual(at.step, /^expires (\d+)$/) ?? 4_000_000_000_000)
    return { kind: 'CreateInvite', body: { key: inviteKey(invite).publicKey, ...roleAt(at, role), maxUses, notAfter } }
  },
  revokeInvite: ({ sight }, { invite = '' }) => {
    return { kind: 'RevokeInvite', body: { invite: sight.invites.get(invite)?.id ?? bytesOf('no invite') } }
  },
  admit: (at, { device = '', invite = '' }) => {
    const id = at.sight.invites.get(invite)?.id ?? bytesOf('no invite')
    const claim = claimOf(at, device, invite, id)
    return { kind: 'AdmitDevice', body: { invite: id, claim, commonName: device, gen: at.sight.generation(device) } }
  },
  rotate: ({ sight, step }, { epoch = '' }) => {
    const without = unusual(step, /^without (\w+)$/)
    const recipients = recipientsOf(sight, without)
    const parents = sight.epochs.slice(-1).map(epochId)
    const body = { epoch: epochId(epoch), parents, recipients, boxesHash: bytesOf('boxes', epoch) }
    return { kind: 'RotateKey', body }
  },
  addKey: (at) => ({ kind: 'AddDeviceKey', body: { bundle: bundleIn(at, at.step.author) } }),
  act: (at) => ({ kind: 'AddDeviceKey', body: { bundle: bundleIn(at, at.step.author) } }),
  retireKey: (at, { device = '', number, reason }) => {
    const key = signingKey(device, Number(number)).publicKey
    return { kind: 'RetireKey', body: { ...target(at, device), key, reason } }
  },
  addNode: (at, { node = '', device }) => {
    const bound = device === undefined ? {} : target(at, device)
    return { kind: 'AddNode', body: { peer: peerOf(node), ...bound } }
  },
  removeNode: (_, { node = '' }) => ({ kind: 'RemoveNode', body: { peer: peerOf(node) } }),
  rotateSwarmKey: (_, { swarmKey = '', epoch = '' }) => {
    const fingerprint = bytesOf('swarm key', swarmKey).subarray(0, 16)
    const sealed = new Uint8Array(72).fill(7)
    return { kind: 'RotateSwarmKey', body: { fingerprint, epoch: epochId(epoch), sealed } }
  },
  retireSwarmKey: (_, { swarmKey = '' }) => {
    return { kind: 'RetireSwarmKey', body: { fingerprint: bytesOf('swarm key', swarmKey).subarray(0, 16) } }
  },
  trust: (_, { operator = '' }) => ({ kind: 'TrustOperator', body: { key: deviceOf(operator).publicKey } }),
  distrust: (_, { operator = '' }) => ({ kind: 'DistrustOperator', body: { key: deviceOf(operator).publicKey } }),
  revokeClaim: (_, { claim }) => ({ kind: 'RevokeClaim', body: { jti: claim } }),
  close: () => ({ kind: 'CloseTeam', body: {} }),
  again: () => {
    throw new Error('what is sent again is not written again')
  },
}

/** A device and the generation the author saw; `(gen 0)` says another. */
function target({ sight, step }: Writing, device: string): { device: Uint8Array; gen: number } {
  const gen = unusual(step, /^gen (\d+)$/)
  return { device: deviceOf(device).idBytes, gen: gen === undefined ? sight.generation(device) : Number(gen) }
}

function roleAt({ sight, team }: Writing, role: string): { role: string; roleAt: Uint8Array } {
  return { role, roleAt: sight.roles.get(role) ?? team }
}

function labelAt({ sight }: Writing, label: string): { label: string; labelAt: Uint8Array } {
  return { label, labelAt: sight.labels.get(label) ?? bytesOf('no label') }
}

function bundleIn({ ring }: Writing, device: string): Uint8Array {
  return bundleOf(device, ring ?? firstRing(device))
}

/** All members the author sees, each with its newest encryption key, sorted by device. */
function recipientsOf(sight: Sight, without?: string): unknown[] {
  return [...sight.members]
    .filter(([name]) => name !== without)
    .map(([name, { generation, ring }]) => [deviceOf(name).idBytes, generation, ring.encryption.at(-1)] as const)
    .sort(([a], [b]) => compareBytes(a, b))
}

/** A claim as the page has it. `(claim of U)` is what an eavesdropper can do: U's proof of the code, with its own keys. */
function claimOf({ step, team }: Writing, device: string, invite: string, id: Uint8Array): Uint8Array {
  const nonce = bytesOf('nonce', invite)
  const statement = (name: string): Uint8Array =>
    encodeCbor({ t: team, i: id, b: sha256(bundleOf(name, firstRing(name))), n: nonce })
  const holder = unusual(step, /^claim of (\w+)$/) ?? device
  return encodeCbor([
    encodeCbor({ i: id, b: bundleOf(device, firstRing(device)), n: nonce }),
    inviteKey(invite).sign(labels.inviteClaim, statement(holder)),
    deviceOf(device).identity.sign(labels.inviteJoin, statement(device)),
  ])
}
