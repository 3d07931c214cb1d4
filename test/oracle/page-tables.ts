/**
 * Section 2 of `TEAM.md` a second time, written from the page alone by somebody who had not read the engine, to be compared
 * with the page line by line. Signatures, points and claims are taken as given. Byte strings are hex inside.
 */
export interface Plain {
  readonly id: string
  /** Absent or null in CreateTeam. */
  readonly team?: string | null
  readonly parents: readonly string[]
  readonly author: string
  readonly key: string
  readonly generation: number
  readonly sequence: number
  readonly depth: number
  readonly time: number
  readonly kind: string
  readonly body: Readonly<Record<string, unknown>>
}

/** What the oracle does not work out itself. */
export interface Given {
  /** True where a key is of small order or not canonical. */
  readonly isWeak: (key: string) => boolean
  /** The device id and the validity of an opened bundle; undefined where its signature does not hold. */
  readonly deviceOf: (bundle: Uint8Array) => string | undefined
  /** The bundle in a claim that holds for this invite and key. */
  readonly openClaim: (claim: Uint8Array, invite: string, key: string) => Uint8Array | undefined
  /** Hex of SHA-256 of the canonical list of recipients. */
  readonly digest: (recipients: readonly Recipient[]) => string
}

export type Recipient = readonly [device: string, generation: number, key: string]
/** A payload as the page names its fields, once its form was looked at. */
export interface Body {
  device: string
  gen: number
  role: string
  roleAt: string
  from: string
  label: string
  labelAt: string
  invite: string
  leave: string
  bundle: string
  claim: string
  key: string
  epoch: string
  recipients: unknown
  peer: string
  addrs?: string[]
  fingerprint: string
  permission: string
  permissions: string[]
  rank: number
  labels: [string, string][]
  maxUses?: number
  name: string
  op?: string
  reason: string
  jti?: string
  notAfter?: number
  [field: string]: unknown
}
export interface Role { name: string; at: string; rank: number; permissions: Map<string, string> } // prettier-ignore
export interface Invite { key: string; role: string; roleAt: string; labels: [string, string][]; creator: string; maxUses: number; uses: number } // prettier-ignore
export interface Member {
  role: string
  /** A role that the rules only suppose (R2, Decrease). */
  supposed?: Role
  roleBy: string
  generation: number
  admission: string
  name: string
  bundleSequence: number
  signing: Map<string, string>
  encryption: Map<string, string>
  retired: Map<string, string>
  labels: Map<string, { op: string; at: string }>
  networkName?: string
}

export interface Bundle { device: string; n: number; s: string[]; e: string[]; isWeak: boolean } // prettier-ignore

export interface State {
  team: string
  open: boolean
  members: Map<string, Member>
  removals: Map<string, number>
  roles: Map<string, Role>
  labels: Map<string, string>
  invites: Map<string, Invite>
  nodes: Map<string, { addrs: string[]; device?: string }>
  barred: Set<string>
  swarmKeys: string[]
  retiredSwarmKeys: Set<string>
  operators: Set<string>
  revokedClaims: Set<string>
  leaves: Map<string, { device: string; generation: number; isConfirmed: boolean }>
  epochs: Map<string, readonly Recipient[]>
  /** So many of the first epochs seal nothing any more: a removal or a stolen key came after them. */
  epochsSpent: number
  hasTheft: boolean
}

/** What never changes about a command of the graph. */
export interface Origin {
  command: Plain
  body: Body
  past: Set<string>
  view: State
  /** What its author's view held for lost in forks. */
  lost: Set<string>
  rank: number
  role: Role | undefined
  needs: string[]
  deps: Set<string>
  admission: string
  given: string
}

// --- 2.1: the default roles ---
export const all = 'team.close device.add device.admit device.remove role.assign role.revoke role.assign-user label.define label.assign name.assign channel.use role.define node.govern key.rotate claim.govern'.split(' ') // prettier-ignore
export const builtIn: [string, number, string[]][] = [
  ['owner', 1_000_000, all.filter((permission) => permission !== 'channel.use')],
  ['admin', 800, ['role.assign', 'role.revoke', 'label.define', 'name.assign']],
  ['operator', 700, 'device.add device.admit device.remove role.assign-user label.assign name.assign key.rotate'.split(' ')], // prettier-ignore
  ['user', 600, ['channel.use']],
  ['sync-role', 100, []],
]
export const isBuiltIn = (role: string): boolean => builtIn.some(([name]) => name === role)
export const ceiling = (role: Role): number =>
  role.name === 'owner' ? Infinity : role.name === 'admin' ? 700 : role.rank - 1

// --- 2.4: payloads: form of each field ---
export const isId = (v: unknown): boolean => v instanceof Uint8Array && v.length === 32
export const isBytes = (v: unknown): boolean => v instanceof Uint8Array
export const isCount = (v: unknown): boolean => Number.isSafeInteger(v) && (v as number) >= 0
export const isText = (v: unknown): boolean => typeof v === 'string' && v.normalize('NFC') === v && v.length > 0 && Buffer.byteLength(v) <= 128 && !/[\p{Cc}\p{Bidi_Control}]/u.test(v) // prettier-ignore
export const isName = (v: unknown): boolean => isText(v) && /^[a-z0-9][a-z0-9._-]*$/.test(v as string)
export const isList = (each: (v: unknown) => boolean, max: number) => (v: unknown) => Array.isArray(v) && v.length <= max && v.every(each) // prettier-ignore
export const isPermission = (v: unknown): boolean => all.includes(v as string)
export const forms: Record<string, (v: unknown) => boolean> = {
  device: isId, gen: isCount, role: isName, roleAt: isId, from: isName, label: isName, labelAt: isId, invite: isId, leave: isId, bundle: isBytes, claim: isBytes, commonName: isText, policy: isCount, nonce: isId, key: isId, epoch: isId, boxesHash: isId, jti: isText, addrs: isList((v) => typeof v === 'string', 8), fingerprint: (v) => isBytes(v) && (v as Uint8Array).length === 16, sealed: isBytes, peer: (v) => typeof v === 'string', notAfter: isCount, maxUses: (v) => isCount(v) && (v as number) >= 1 && (v as number) <= 1000, op: (v) => ['send', 'recv', 'send-recv'].includes(v as string), parents: isList(isId, 64), recipients: (v) => isId(v) || Array.isArray(v), labels: Array.isArray, permission: isPermission, permissions: isList(isPermission, 15), rank: (v) => isCount(v) && (v as number) >= 101 && (v as number) <= 999_999,
} // prettier-ignore
export const payloads: Record<string, string> = {
  CreateTeam: 'nonce name policy bundle commonName', CloseTeam: 'reason?', AddDevice: 'bundle commonName role? roleAt? gen', RemoveDevice: 'device gen', ConfirmLeave: 'device gen leave', AssignRole: 'device gen role roleAt from', RevokeRole: 'device gen role roleAt', CreateRole: 'role rank permissions', DeleteRole: 'role roleAt', AddPermission: 'role roleAt permission', RemovePermission: 'role roleAt permission', AssignNetworkName: 'device gen name', RevokeNetworkName: 'device gen name', CreateLabel: 'label', DeleteLabel: 'label labelAt', AssignLabel: 'device gen label labelAt op?', RevokeLabel: 'device gen label labelAt', CreateInvite: 'key role? roleAt? labels? maxUses? notAfter', RevokeInvite: 'invite', AdmitDevice: 'invite claim commonName gen', RotateKey: 'epoch parents recipients boxesHash', AddDeviceKey: 'bundle', RetireKey: 'device gen key reason', AddNode: 'peer addrs? device? gen?', RemoveNode: 'peer', RotateSwarmKey: 'fingerprint epoch sealed', RetireSwarmKey: 'fingerprint', TrustOperator: 'key', DistrustOperator: 'key', RevokeClaim: 'jti? key? notAfter?',
} // prettier-ignore
export const permissionOf: Record<string, string> = {
  CloseTeam: 'team.close', AddDevice: 'device.add', RemoveDevice: 'device.remove', RevokeRole: 'role.revoke', CreateRole: 'role.define', DeleteRole: 'role.define', AddPermission: 'role.define', RemovePermission: 'role.define', AssignNetworkName: 'name.assign', RevokeNetworkName: 'name.assign', CreateLabel: 'label.define', DeleteLabel: 'label.define', AssignLabel: 'label.assign', RevokeLabel: 'label.assign', CreateInvite: 'device.add', AdmitDevice: 'device.admit', RotateKey: 'key.rotate', RetireKey: 'device.remove', AddNode: 'node.govern', RemoveNode: 'node.govern', RotateSwarmKey: 'node.govern', RetireSwarmKey: 'node.govern', TrustOperator: 'claim.govern', DistrustOperator: 'claim.govern', RevokeClaim: 'claim.govern',
} // prettier-ignore
export const selfKinds = ['RemoveDevice', 'AssignRole', 'RevokeRole', 'RetireKey']
export const orderingOnly = ['DeleteRole', 'DeleteLabel', 'RevokeLabel', 'RevokeNetworkName', 'RetireSwarmKey', 'DistrustOperator', 'RevokeClaim'] // prettier-ignore

export const toHex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
export const fromHex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'hex'))
export const hexed = (v: unknown): unknown => v instanceof Uint8Array ? toHex(v) : Array.isArray(v) ? v.map(hexed) : v // prettier-ignore

export function hasForm(c: Plain): boolean {
  const fields = (payloads[c.kind] as string).split(' ')
  if (Object.keys(c.body).some((name) => !fields.includes(name) && !fields.includes(`${name}?`))) return false
  const isFormed = (field: string): boolean => {
    const value = c.body[field.replace('?', '')]
    if (value === undefined) return field.endsWith('?')
    if (field === 'reason') return ['rotated', 'compromised'].includes(value as string)
    return (forms[field.replace('?', '')] ?? isText)(value)
  }
  return fields.every(isFormed)
}
