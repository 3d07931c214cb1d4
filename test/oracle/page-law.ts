import { decode } from 'cborg'
import {
  builtIn,
  ceiling,
  fromHex,
  hasForm,
  isBuiltIn,
  payloads,
  permissionOf,
  selfKinds,
  toHex,
} from './page-tables.ts'
import type { Body, Bundle, Given, Invite, Member, Origin, Plain, Recipient, Role, State } from './page-tables.ts'

/**
 * Section 2 of `TEAM.md` a second time, written from the page alone by somebody who had not read the engine, to be compared
 * with the page line by line. Signatures, points and claims are taken as given. Byte strings are hex inside.
 */
export function readPlainBundle(bytes: Uint8Array): { n: number; s: string[]; e: string[] } {
  const [unsigned] = decode(bytes) as [Uint8Array]
  const { n, s, e } = decode(unsigned) as { n: number; s: Uint8Array[]; e: Uint8Array[] }
  return { n, s: s.map(toHex), e: e.map(toHex) }
}

// --- Check: one order for all kinds (2.7) ---
export function check(given: Given, s: State, origin: Origin, isOrigin: boolean): string | undefined {
  const { command: c, body: b } = origin
  if (!hasForm(c)) return 'BAD_PAYLOAD'
  if (c.kind === 'CreateTeam') return checkFounding(given, c, b)
  if (!s.open) return 'CLOSED'
  const author = s.members.get(c.author)
  if (author?.generation !== c.generation) return 'NOT_MEMBER'
  if (!author.signing.has(c.key) && !author.retired.has(c.key)) return 'UNKNOWN_KEY'
  if (isOrigin && author.retired.has(c.key)) return 'KEY_RETIRED'
  const held = roleOf(s, author)
  // Any member but the leaver confirms.
  if (c.kind === 'ConfirmLeave' && b['device'] === c.author) return 'NO_PERMISSION'
  if (needsOf(s, c, b, held).some((permission) => !held.permissions.has(permission))) return 'NO_PERMISSION'
  return (
    checkTargets(s, c, b) ??
    checkNewGeneration(given, s, c, b) ??
    checkRanks(s, c, b, held) ??
    checkKind(given, s, origin, isOrigin)
  )
}

function checkFounding(given: Given, c: Plain, b: Body): string | undefined {
  const bundle = open(given, b['bundle'])
  if (bundle?.device !== c.author || !bundle.s.includes(c.key) || c.generation !== 0) return 'BAD_PAYLOAD'
  return bundle.isWeak ? 'KEY_WEAK' : undefined
}

const opened = new WeakMap<Given, Map<string, Bundle | undefined>>()

/** A bundle as it is given; opened once, because most commands are judged against all keys of the team. */
export function open(given: Given, bundle: string): Bundle | undefined {
  const known = opened.get(given) ?? new Map<string, Bundle | undefined>()
  opened.set(given, known)
  if (!known.has(bundle)) known.set(bundle, openBundle(given, fromHex(bundle)))
  return known.get(bundle)
}

function openBundle(given: Given, bytes: Uint8Array): Bundle | undefined {
  const device = given.deviceOf(bytes)
  if (device === undefined) return undefined
  const { n, s, e } = readPlainBundle(bytes)
  return { device, n, s, e, isWeak: s.some(given.isWeak) }
}

/** The device that a command adds or admits. */
export function newcomer(given: Given, s: State, c: Plain, b: Body): Bundle | undefined {
  if (c.kind === 'AddDevice') return open(given, b['bundle'])
  const invite = c.kind === 'AdmitDevice' ? s.invites.get(b['invite']) : undefined
  const bundle = invite && given.openClaim(fromHex(b['claim']), b['invite'], invite.key)
  return bundle && open(given, toHex(bundle))
}

function checkNewGeneration(given: Given, s: State, c: Plain, b: Body): string | undefined {
  const bundle = newcomer(given, s, c, b)
  return bundle !== undefined && (s.removals.get(bundle.device) ?? 0) !== b['gen'] ? 'STALE_GENERATION' : undefined
}

function checkNewcomer(s: State, bundle: Bundle | undefined): string | undefined {
  if (bundle === undefined) return 'BAD_PAYLOAD'
  if (bundle.isWeak) return 'KEY_WEAK'
  if (s.members.has(bundle.device)) return 'DUPLICATE'
  const keys = [...s.members.values()].flatMap(({ signing, encryption }) => [...signing.keys(), ...encryption.keys()])
  if ([...bundle.s, ...bundle.e].some((key) => keys.includes(key))) return 'DUPLICATE'
  return s.members.size >= 1024 ? 'LIMIT' : undefined
}

function checkKind(given: Given, s: State, origin: Origin, isOrigin: boolean): string | undefined {
  const { command: c, body: b } = origin
  const target = s.members.get(b['device'])
  const owners = [...s.members.values()].filter(({ role }) => role === 'owner')
  const isLastOwner = target?.role === 'owner' && owners.length === 1
  const role = s.roles.get(b['role'])
  switch (c.kind) {
    case 'AddDevice':
      return checkNewcomer(s, open(given, b['bundle']))
    case 'RemoveDevice':
      return isLastOwner ? 'LAST_OWNER' : undefined
    case 'ConfirmLeave':
      return s.leaves.get(b['leave'])?.isConfirmed === true ? 'DUPLICATE' : undefined
    case 'AssignRole':
      return target?.role === b['role'] ? 'DUPLICATE' : isLastOwner ? 'LAST_OWNER' : undefined
    case 'RevokeRole':
      return b['role'] === 'sync-role' ? 'DUPLICATE' : isLastOwner ? 'LAST_OWNER' : undefined
    case 'CreateRole': {
      if (role !== undefined) return 'DUPLICATE'
      if (isForbidden(b['permissions'])) return 'PERMISSION_FORBIDDEN'
      return s.roles.size - builtIn.length >= 64 ? 'LIMIT' : undefined
    }
    case 'DeleteRole': {
      if (isBuiltIn(b['role'])) return 'ROLE_BUILTIN'
      return [...s.members.values()].some((member) => member.role === b['role']) ? 'ROLE_IN_USE' : undefined
    }
    case 'AddPermission': {
      if (isBuiltIn(b['role'])) return 'ROLE_BUILTIN'
      const held = [...(role?.permissions.keys() ?? [])]
      if (isForbidden([...held, b['permission']])) return 'PERMISSION_FORBIDDEN'
      return held.includes(b['permission']) ? 'DUPLICATE' : undefined
    }
    case 'RemovePermission':
      return isBuiltIn(b['role']) ? 'ROLE_BUILTIN' : role?.permissions.has(b['permission']) === true ? undefined : 'UNKNOWN_PERMISSION' // prettier-ignore
    case 'AssignNetworkName':
      return [...s.members].some(([device, { networkName }]) => device !== b['device'] && networkName === b['name']) ? 'DUPLICATE' : undefined // prettier-ignore
    case 'RevokeNetworkName':
      return target?.networkName === b['name'] ? undefined : 'UNKNOWN_NAME'
    case 'CreateLabel':
      return s.labels.has(b['label']) ? 'DUPLICATE' : s.labels.size >= 1024 ? 'LIMIT' : undefined
    case 'AssignLabel':
      return target?.labels.has(b['label']) === true ? 'DUPLICATE' : target?.labels.size === 64 ? 'LIMIT' : undefined
    case 'RevokeLabel':
      return target?.labels.has(b['label']) === true ? undefined : 'UNKNOWN_LABEL'
    default:
      return checkInvitesAndKeys(given, s, origin, isOrigin)
  }
}

function checkInvitesAndKeys(
  given: Given,
  s: State,
  { command: c, body: b, view }: Origin,
  isOrigin: boolean,
): string | undefined {
  switch (c.kind) {
    case 'CreateInvite': {
      if (given.isWeak(b['key'])) return 'KEY_WEAK'
      if ([...s.invites.values()].some(({ key }) => key === b['key'])) return 'DUPLICATE'
      return s.invites.size >= 256 ? 'LIMIT' : undefined
    }
    case 'AdmitDevice': {
      const invite = s.invites.get(b['invite']) as Invite
      const bundle = given.openClaim(fromHex(b['claim']), b['invite'], invite.key)
      if (bundle === undefined) return 'INVITE_CLAIM_INVALID'
      if (invite.uses >= invite.maxUses) return 'INVITE_EXHAUSTED'
      return checkNewcomer(s, open(given, toHex(bundle)))
    }
    case 'RotateKey': {
      const list = recipientsOf(view)
      const isExact = b['recipients'] === given.digest(list) || JSON.stringify(b['recipients']) === JSON.stringify(list) // prettier-ignore
      return isOrigin && !isExact ? 'BAD_RECIPIENTS' : s.epochs.has(b['epoch']) ? 'DUPLICATE' : undefined
    }
    case 'AddDeviceKey': {
      const bundle = open(given, b['bundle'])
      const member = s.members.get(c.author) as Member
      if (bundle?.device !== c.author) return 'BAD_PAYLOAD'
      if (bundle.isWeak) return 'KEY_WEAK'
      if (bundle.n <= member.bundleSequence) return 'DUPLICATE'
      return [union(member, member.signing, bundle.s), union(member, member.encryption, bundle.e)].some((keys) => keys.length > 4) ? 'LIMIT' : undefined // prettier-ignore
    }
    case 'RetireKey': {
      const { signing, encryption } = s.members.get(b['device']) as Member
      const kept = signing.has(b['key']) ? signing : encryption.has(b['key']) ? encryption : undefined
      return kept === undefined ? 'UNKNOWN_KEY' : kept.size === 1 ? 'LAST_KEY' : undefined
    }
    case 'AddNode':
      return s.nodes.has(b['peer']) ? 'DUPLICATE' : s.nodes.size >= 1024 ? 'LIMIT' : undefined
    case 'RemoveNode':
      return s.barred.has(b['peer']) ? 'DUPLICATE' : undefined
    case 'RotateSwarmKey': {
      const epoch = s.epochs.get(b['epoch'])
      if (epoch === undefined || !epoch.every((recipient) => isPresent(s, recipient))) return 'BAD_RECIPIENTS'
      return s.swarmKeys.includes(b['fingerprint']) || s.retiredSwarmKeys.has(b['fingerprint']) ? 'DUPLICATE' : undefined // prettier-ignore
    }
    case 'RetireSwarmKey':
      return !s.swarmKeys.includes(b['fingerprint']) ? 'UNKNOWN_KEY' : s.swarmKeys.at(-1) === b['fingerprint'] ? 'LAST_KEY' : undefined // prettier-ignore
    case 'TrustOperator':
      return given.isWeak(b['key']) ? 'KEY_WEAK' : s.operators.has(b['key']) ? 'DUPLICATE' : s.operators.size >= 64 ? 'LIMIT' : undefined // prettier-ignore
    case 'DistrustOperator':
      return s.operators.has(b['key']) ? undefined : 'UNKNOWN_KEY'
    case 'RevokeClaim':
      return s.revokedClaims.has(claimName(b)) ? 'DUPLICATE' : s.revokedClaims.size >= 4096 ? 'LIMIT' : undefined
    default:
      return undefined
  }
}

// --- Apply: the effect and what hangs on it ---
export function apply(given: Given, s: State, { command: c, body: b, view }: Origin): void {
  const target = s.members.get(b['device'])
  switch (c.kind) {
    case 'CreateTeam':
      s.team = c.id
      for (const [name, rank, held] of builtIn) s.roles.set(name, { name, at: c.id, rank, permissions: new Map(held.map((permission) => [permission, c.id])) }) // prettier-ignore
      return admit(given, s, c, b['bundle'], { role: 'owner', labels: [] })
    case 'CloseTeam':
      s.open = false
      return s.invites.clear()
    case 'AddDevice':
      return admit(given, s, c, b['bundle'], { role: b['role'], labels: [] })
    case 'AdmitDevice': {
      const invite = s.invites.get(b['invite']) as Invite
      invite.uses++
      const bundle = given.openClaim(fromHex(b['claim']), b['invite'], invite.key) as Uint8Array
      return admit(given, s, c, toHex(bundle), invite)
    }
    case 'RemoveDevice':
      return removeMember(s, c, b)
    case 'ConfirmLeave':
      ;(s.leaves.get(b['leave']) as { isConfirmed: boolean }).isConfirmed = true
      return
    case 'AssignRole':
    case 'RevokeRole':
      Object.assign(target as Member, { role: c.kind === 'RevokeRole' ? 'sync-role' : b['role'], roleBy: c.id })
      return dropInvites(s)
    case 'AddDeviceKey': {
      const member = s.members.get(c.author) as Member
      const { n, s: signing, e } = readPlainBundle(fromHex(b['bundle']))
      member.bundleSequence = n
      for (const key of union(member, member.signing, signing)) if (!member.signing.has(key)) member.signing.set(key, c.id) // prettier-ignore
      for (const key of union(member, member.encryption, e)) if (!member.encryption.has(key)) member.encryption.set(key, c.id) // prettier-ignore
      return
    }
    case 'RotateKey':
      s.epochs.set(b['epoch'], recipientsOf(view))
      return
    default:
      return applyRow(s, c, b)
  }
}

function admit(
  given: Given,
  s: State,
  c: Plain,
  bundle: string,
  { role, labels }: { role: string; labels: [string, string][] },
): void {
  const { n, s: signing, e } = readPlainBundle(fromHex(bundle))
  const device = given.deviceOf(fromHex(bundle)) as string
  const by = (keys: string[]): Map<string, string> => new Map(keys.map((key) => [key, c.id]))
  const known = labels.filter(([label, at]) => s.labels.get(label) === at)
  const member: Member = { role, roleBy: c.id, generation: s.removals.get(device) ?? 0, admission: c.id, name: String(c.body['commonName']), bundleSequence: n, signing: by(signing), encryption: by(e), retired: new Map(), labels: new Map(known.map(([label, at]) => [label, { op: 'send-recv', at }])) } // prettier-ignore
  s.members.set(device, member)
}

// --- Shared by check and apply ---
export function needsOf(s: State, c: Plain, b: Body, role: Role | undefined): string[] {
  const has = (permission: string): boolean => role?.permissions.has(permission) === true
  const toGive = b['role'] === 'user' && !has('role.assign') ? 'role.assign-user' : 'role.assign'
  // Of a role that is not there nobody can say that it is higher: what is wrong with it is that it is unknown.
  const isLower = c.kind !== 'AssignRole' || (s.roles.get(b['role'])?.rank ?? 0) < (role?.rank ?? 0)
  if (selfKinds.includes(c.kind) && b['device'] === c.author && isLower) return []
  if (c.kind === 'AssignRole') return [toGive]
  if (c.kind === 'RevokeInvite') {
    const invite = s.invites.get(b['invite'])
    return invite?.creator === c.author ? inviteNeeds(invite, role) : ['device.remove']
  }
  const needed = permissionOf[c.kind] === undefined ? [] : [permissionOf[c.kind] as string]
  if (['AddDevice', 'CreateInvite'].includes(c.kind) && b['role'] !== 'sync-role') needed.push(toGive)
  if (c.kind === 'CreateInvite' && b['labels'].length > 0) needed.push('label.assign')
  return needed
}

function inviteNeeds({ role, labels }: Invite, held: Role | undefined): string[] {
  const toGive = role === 'user' && held?.permissions.has('role.assign') !== true ? 'role.assign-user' : 'role.assign'
  return ['device.add', ...(role === 'sync-role' ? [] : [toGive]), ...(labels.length > 0 ? ['label.assign'] : [])]
}

function checkTargets(s: State, c: Plain, b: Body): string | undefined {
  const fields = (payloads[c.kind] as string).split(' ').map((name) => name.replace('?', ''))
  const says = (name: string): boolean => fields.includes(name) && b[name] !== undefined
  const [target, role, label] = [s.members.get(b['device']), s.roles.get(b['role']), s.labels.get(b['label'])]
  if (c.kind === 'ConfirmLeave') {
    const leave = s.leaves.get(b['leave'])
    if (leave?.device !== b['device']) return 'UNKNOWN_DEVICE'
    return leave.generation !== b['gen'] ? 'STALE_GENERATION' : undefined
  }
  if (says('device') && target === undefined) return 'UNKNOWN_DEVICE'
  if (says('roleAt') && role === undefined) return 'UNKNOWN_ROLE'
  if (says('labelAt') && label === undefined) return 'UNKNOWN_LABEL'
  if (says('invite') && !s.invites.has(b['invite'])) return 'UNKNOWN_INVITE'
  const invited = c.kind === 'CreateInvite' ? b['labels'] : []
  if (invited.some(([name]) => !s.labels.has(name))) return 'UNKNOWN_LABEL'
  if (says('device') && target?.generation !== b['gen']) return 'STALE_GENERATION'
  if (says('labelAt') && label !== b['labelAt']) return 'STALE_GENERATION'
  if (says('roleAt') && role?.at !== b['roleAt']) return 'STALE_GENERATION'
  if (invited.some(([name, at]) => s.labels.get(name) !== at)) return 'STALE_GENERATION'
  const from = c.kind === 'AssignRole' ? b['from'] : c.kind === 'RevokeRole' ? b['role'] : undefined
  return from !== undefined && target?.role !== from ? 'STALE_ROLE' : undefined
}

function checkRanks(s: State, c: Plain, b: Body, held: Role): string | undefined {
  const isSelf = b['device'] === c.author
  const target = s.members.get(b['device'])
  const role = s.roles.get(b['role']) as Role
  const isAllowed = ((): boolean => {
    if (c.kind === 'CreateRole') return b['rank'] < held.rank
    if (['DeleteRole', 'AddPermission', 'RemovePermission'].includes(c.kind)) return role.rank < held.rank
    if (c.kind === 'RevokeInvite') {
      const creator = (s.invites.get(b['invite']) as Invite).creator
      return creator === c.author || held.rank > roleOf(s, s.members.get(creator) as Member).rank
    }
    if (['AddDevice', 'CreateInvite'].includes(c.kind)) return mayGive(held, role)
    if (target === undefined || ['ConfirmLeave', 'AddNode'].includes(c.kind)) return true
    const targetRank = roleOf(s, target).rank
    if (isSelf && selfKinds.includes(c.kind)) return c.kind !== 'AssignRole' || role.rank < held.rank
    if (isSelf && ['AssignNetworkName', 'RevokeNetworkName'].includes(c.kind)) return true
    if (held.rank <= targetRank) return false
    if (c.kind === 'AssignRole') return mayGive(held, role) && targetRank <= ceiling(held)
    return c.kind !== 'RevokeRole' || targetRank <= ceiling(held)
  })()
  return isAllowed ? undefined : 'RANK_TOO_LOW'
}

function mayGive(held: Role, role: Role): boolean {
  return role.rank <= ceiling(held) && (role.rank < held.rank || (held.name === 'owner' && role.name === 'owner'))
}

function removeMember(s: State, c: Plain, b: Body): void {
  const device = b['device']
  s.members.delete(device)
  s.epochsSpent = s.epochs.size
  s.removals.set(device, b['gen'] + 1)
  for (const [peer, node] of [...s.nodes]) if (node.device === device && s.nodes.delete(peer)) s.barred.add(peer)
  if (device === c.author) s.leaves.set(c.id, { device, generation: b['gen'], isConfirmed: false })
  dropInvites(s)
}

/** Open invites that their creators could no longer create die. */
function dropInvites(s: State): void {
  for (const [id, invite] of [...s.invites]) {
    const creator = s.members.get(invite.creator)
    const role = creator === undefined ? undefined : roleOf(s, creator)
    const given = s.roles.get(invite.role)
    const isGood = role !== undefined && given !== undefined && given.at === invite.roleAt && mayGive(role, given) && inviteNeeds(invite, role).every((permission) => role.permissions.has(permission)) // prettier-ignore
    if (!isGood) s.invites.delete(id)
  }
}

function applyRow(s: State, c: Plain, b: Body): void {
  const target = s.members.get(b['device'])
  const rows: Record<string, () => unknown> = {
    CreateRole: () => s.roles.set(b['role'], { name: b['role'], at: c.id, rank: b['rank'], permissions: new Map((b['permissions']).map((permission) => [permission, c.id])) }), // prettier-ignore
    DeleteRole: () => (s.roles.delete(b['role']), dropInvites(s)),
    AddPermission: () => s.roles.get(b['role'])?.permissions.set(b['permission'], c.id),
    RemovePermission: () => (s.roles.get(b['role'])?.permissions.delete(b['permission']), dropInvites(s)),
    AssignNetworkName: () => ((target as Member).networkName = b['name']),
    RevokeNetworkName: () => delete (target as Member).networkName,
    CreateLabel: () => s.labels.set(b['label'], c.id),
    DeleteLabel: () => (s.labels.delete(b['label']), s.members.forEach(({ labels }) => labels.delete(b['label']))),
    AssignLabel: () => target?.labels.set(b['label'], { op: b['op'] ?? 'send-recv', at: b['labelAt'] }),
    RevokeLabel: () => target?.labels.delete(b['label']),
    CreateInvite: () => s.invites.set(c.id, { key: b['key'], role: b['role'], roleAt: b['roleAt'], labels: b['labels'], creator: c.author, maxUses: b['maxUses'] ?? 1, uses: 0 }), // prettier-ignore
    RevokeInvite: () => s.invites.delete(b['invite']),
    RetireKey: () => retire(s, target as Member, b['key'], b['reason']),
    AddNode: () => (s.nodes.set(b['peer'], { addrs: b['addrs'] ?? [], device: b['device'] }), s.barred.delete(b['peer'])), // prettier-ignore
    RemoveNode: () => (s.nodes.delete(b['peer']), s.barred.add(b['peer'])),
    RotateSwarmKey: () => s.swarmKeys.push(b['fingerprint']),
    RetireSwarmKey: () => (s.swarmKeys.splice(s.swarmKeys.indexOf(b['fingerprint']), 1), s.retiredSwarmKeys.add(b['fingerprint'])), // prettier-ignore
    TrustOperator: () => s.operators.add(b['key']),
    DistrustOperator: () => s.operators.delete(b['key']),
    RevokeClaim: () => s.revokedClaims.add(claimName(b)),
  }
  rows[c.kind]?.()
}

export function isRotationPending(s: State): boolean {
  if (s.epochs.size === 0 && s.removals.size === 0 && !s.hasTheft) return false
  const young = [...s.epochs.values()].slice(s.epochsSpent)
  return !young.some((epoch) => epoch.every((recipient) => isPresent(s, recipient)))
}

function retire(s: State, member: Member, key: string, reason: string): void {
  member.signing.delete(key)
  member.encryption.delete(key)
  member.retired.set(key, reason)
  if (reason !== 'compromised') return
  s.epochsSpent = s.epochs.size
  s.hasTheft = true
}

function isPresent(s: State, [device, generation, key]: Recipient): boolean {
  const member = s.members.get(device)
  return member?.generation === generation && member.retired.get(key) !== 'compromised'
}

function recipientsOf(s: State): Recipient[] {
  const last = ({ encryption }: Member): string => [...encryption.keys()].at(-1) ?? ''
  return [...s.members].map(([device, member]) => [device, member.generation, last(member)] as const).sort(([a], [b]) => (a < b ? -1 : 1)) // prettier-ignore
}

function union(member: Member, active: Map<string, string>, added: string[]): string[] {
  return [...new Set([...active.keys(), ...added.filter((key) => !member.retired.has(key))])]
}

export const roleOf = (s: State, member: Member): Role => member.supposed ?? (s.roles.get(member.role) as Role)
const isForbidden = (held: string[]): boolean => held.includes('team.close') || (held.includes('role.define') && held.includes('role.assign')) // prettier-ignore
const claimName = (b: Body): string =>
  `${b['jti'] ?? ''}/${(b['key'] as string | undefined) ?? ''}/${b['notAfter'] ?? ''}`

export function emptyState(): State {
  return { team: '', open: true, members: new Map(), removals: new Map(), roles: new Map(), labels: new Map(), invites: new Map(), nodes: new Map(), barred: new Set(), swarmKeys: [], retiredSwarmKeys: new Set(), operators: new Set(), revokedClaims: new Set(), leaves: new Map(), epochs: new Map(), epochsSpent: 0, hasTheft: false } // prettier-ignore
}
