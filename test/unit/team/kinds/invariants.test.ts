import { expect, it } from 'vitest'
import { fromHex, peerIdText, toHex } from '../../../../src/codec/index.ts'
import { encodeState, kinds, permissions, stateView, type Intent, type TeamState } from '../../../../src/team/index.ts'
import { couldInvite } from '../../../../src/team/kinds/cascade.ts'
import { roleOf } from '../../../../src/team/state.ts'
import { createSeededRandomness } from '../../../helpers/seeded-randomness.ts'
import { Desk, bundleOf, bytesOf, claimOf } from '../../../helpers/team-desk.ts'

const devices = ['O', 'A', 'B', 'C', 'D', 'E']
const roleNames = ['owner', 'admin', 'operator', 'user', 'sync-role', 'r0', 'r1']
const words = ['x', 'y', 'z']

/** Draws from a seed. */
class Dice {
  readonly #random

  constructor(seed: number) {
    this.#random = createSeededRandomness(seed)
  }

  below(n: number): number {
    const [a = 0, b = 0] = this.#random.bytes(2)
    return (a * 256 + b) % n
  }

  of<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T
  }
}

/** Something that somebody might want, sensible or not. */
function wish(dice: Dice, desk: Desk, by: string): Intent {
  const device = desk.device(dice.of(devices))
  const [role, label] = [dice.of(roleNames), dice.of(words)]
  const invites = [...desk.state.invites.keys(), toHex(bytesOf('none'))].map((hex) => fromHex(hex))
  const leaves = [...desk.state.leaves.keys(), toHex(bytesOf('none'))].map((hex) => fromHex(hex))
  const number = dice.below(1_000_000)
  const wishes: readonly (() => Intent)[] = [
    () => ({ kind: 'AddDevice', bundle: bundleOf(dice.of(devices), 0), name: 'n', role }),
    () => ({ kind: 'AddDevice', bundle: bundleOf(dice.of(devices), 0), name: 'n', role }),
    () => ({ kind: 'RemoveDevice', device }),
    () => ({ kind: 'ConfirmLeave', leave: dice.of(leaves) }),
    () => ({ kind: 'AssignRole', device, role }),
    () => ({ kind: 'AssignRole', device, role }),
    () => ({ kind: 'RevokeRole', device, role }),
    () => ({
      kind: 'CreateRole',
      role: dice.of(['r0', 'r1']),
      rank: 101 + dice.below(900),
      permissions: permissions.filter(() => dice.below(2) === 0),
    }),
    () => ({ kind: 'DeleteRole', role }),
    () => ({ kind: 'AddPermission', role, permission: dice.of(permissions) }),
    () => ({ kind: 'RemovePermission', role, permission: dice.of(permissions) }),
    () => ({ kind: 'AssignNetworkName', device, name: label }),
    () => ({ kind: 'RevokeNetworkName', device, name: label }),
    () => ({ kind: 'CreateLabel', label }),
    () => ({ kind: 'DeleteLabel', label }),
    () => ({ kind: 'AssignLabel', device, label }),
    () => {
      const holder = [...desk.state.members.values()].find(({ labels }) => labels.size > 0)
      return {
        kind: 'RevokeLabel',
        device: holder?.device ?? device,
        label: [...(holder?.labels.keys() ?? [])][0] ?? label,
      }
    },
    () => ({
      kind: 'CreateInvite',
      key: bytesOf(`door ${number}`),
      role,
      labels: dice.below(2) === 0 ? [] : [label],
      notAfter: 1,
    }),
    () => ({ kind: 'RevokeInvite', invite: dice.of(invites) }),
    () => ({ kind: 'AdmitDevice', claim: claimOf(dice.of(devices), dice.of(invites)), name: 'n' }),
    () => ({ kind: 'RotateKey', epoch: bytesOf(`epoch ${number}`), boxesHash: bytesOf('b') }),
    () => ({ kind: 'AddDeviceKey', bundle: bundleOf(by, dice.below(9), { signing: [`k${number}`] }) }),
    () => {
      const owner = [...desk.state.members.values()].find(({ signing }) => signing.length > 1)
      const key = dice.of(owner?.signing ?? [bytesOf('none')])
      return { kind: 'RetireKey', device: owner?.device ?? device, key, reason: dice.of(['rotated', 'compromised']) }
    },
    () => ({ kind: 'AddNode', peer: peerIdText(bytesOf(label)), ...(dice.below(2) === 0 ? {} : { device }) }),
    () => ({ kind: 'RemoveNode', peer: peerIdText(bytesOf(label)) }),
    () => ({
      kind: 'RotateSwarmKey',
      fingerprint: bytesOf(label, 16),
      epoch: desk.state.epochs.at(-1)?.id ?? bytesOf('e'),
      sealed: bytesOf('s'),
    }),
    () => ({ kind: 'RetireSwarmKey', fingerprint: bytesOf(label, 16) }),
    () => ({ kind: 'TrustOperator', key: bytesOf(label) }),
    () => ({ kind: 'DistrustOperator', key: bytesOf(label) }),
    () => ({ kind: 'RevokeClaim', jti: `${number}` }),
  ]
  return dice.of(wishes)()
}

/** What hangs on a row that is no longer there; nothing may. */
function staleRows(state: TeamState): string[] {
  const stale: string[] = []
  const members = [...state.members.values()]
  if (state.open && !members.some(({ role }) => role === 'owner')) stale.push('no owner')
  for (const member of members) {
    const role = roleOf(state, member.role)
    if (role === undefined) stale.push(`role ${member.role}`)
    if (!role?.builtin && toHex(member.roleAt) !== toHex(state.roles.get(member.role)?.at ?? new Uint8Array(0)))
      stale.push(`origin of ${member.role}`)
    for (const [label, { at }] of member.labels)
      if (toHex(state.labels.get(label) ?? new Uint8Array(0)) !== toHex(at)) stale.push(`label ${label}`)
    const { networkName } = member
    if (networkName !== undefined && state.names.get(networkName) !== member.deviceHex) stale.push('a name')
    if (member.signing.length === 0 || member.encryption.length === 0) stale.push('a device without keys')
    if (member.generation !== (state.departures.get(member.deviceHex)?.generation ?? 0)) stale.push('a generation')
  }
  for (const [name, deviceHex] of state.names)
    if (state.members.get(deviceHex)?.networkName !== name) stale.push(`name ${name}`)
  for (const invite of state.invites.values()) {
    const creator = state.members.get(invite.creator)
    if (creator === undefined || !couldInvite(state, creator, invite)) stale.push('an invite of who could not make it')
    if (invite.uses > invite.maxUses) stale.push('uses of an invite')
    for (const [label, at] of invite.labels)
      if (toHex(state.labels.get(label) ?? new Uint8Array(0)) !== toHex(at)) stale.push('a label of an invite')
  }
  for (const { peer, deviceHex } of state.nodes.values()) {
    if (deviceHex !== undefined && !state.members.has(deviceHex)) stale.push(`node of nobody`)
    if (state.barred.has(peer)) stale.push('a node that is barred')
  }
  for (const role of state.roles.values())
    if (role.permissions.has('team.close') || [...role.permissions].some((p) => !role.sources.has(p)))
      stale.push(`permissions of ${role.role}`)
  return stale
}

it('whatever is asked, nothing stale stays, one owner stays, and what is refused changes nothing', () => {
  const effective = new Set<string>()
  for (let seed = 1; seed <= 60; seed++) {
    const dice = new Dice(seed)
    const desk = new Desk()
    for (let step = 0; step < 150; step++) {
      const before = desk.state
      // Owners ask most, so that there is something to fall.
      const by = dice.below(3) === 0 ? 'O' : dice.of(devices)
      const intent = wish(dice, desk, by)
      const code = desk.does(by, intent, { isOrigin: dice.below(5) > 0 })
      if (code === 'ok') effective.add(intent.kind)
      else expect(desk.state).toBe(before)
      expect(staleRows(desk.state), `seed ${seed}, step ${step}: ${by} ${intent.kind}`).toEqual([])
    }
    expect(encodeState(desk.state).length).toBeGreaterThan(0)
    expect(stateView(desk.state).roles.length).toBeGreaterThanOrEqual(5)
  }
  // All kinds but those that end or begin everything were done, and not only refused.
  const done = Object.keys(kinds).filter((kind) => kind !== 'CreateTeam' && kind !== 'CloseTeam')
  expect([...effective].sort()).toEqual(done.sort())
})
