import { beforeEach, expect, it } from 'vitest'
import { idText } from '../../../src/codec/index.ts'
import { openKeys } from '../../../src/keys/index.ts'
import { teamLog, type Command, type Intent, type LogEntry } from '../../../src/team/index.ts'
import { Scribe } from '../../helpers/team-scribe.ts'

const keys = await openKeys()
let scribe: Scribe
let base: Command

/** A team of owners, operators and users; sides begin at `base`. */
beforeEach(() => {
  scribe = new Scribe(keys)
  scribe.found('O')
  scribe.write('O', {
    kind: 'CreateRole',
    role: 'manager',
    rank: 800,
    permissions: ['device.add', 'device.remove', 'role.assign', 'role.revoke', 'label.define'],
  })
  for (const name of ['A', 'M']) scribe.add('O', name, 'manager')
  scribe.add('O', 'B', 'operator')
  scribe.add('O', 'U')
  base = scribe.write('O', { kind: 'CreateLabel', label: 'x' })
})

const device = (name: string): Uint8Array => scribe.actor(name).device
const beside = (by: string, intent: Intent, ...parents: Command[]): Command =>
  scribe.write(by, intent, { parents: parents.length === 0 ? [base] : parents })
const add = (by: string, name: string, ...parents: Command[]): Command =>
  scribe.add(by, name, 'user', { parents: parents.length === 0 ? [base] : parents })

function entryOf(command: Command): LogEntry {
  const found = teamLog(scribe.replica('O')).find(({ id }) => id === idText('cmd', command.id))
  if (found === undefined) throw new Error('not in the log')
  return found
}

/** The sentence, with ids replaced by who they are. */
function toldOf(command: Command, other?: Command): string {
  const { why } = entryOf(command)
  return other === undefined ? (why ?? '') : (why ?? '').replace(idText('cmd', other.id), 'THAT')
}

it('what has its effect needs no reason', () => {
  expect(entryOf(base)).toMatchObject({ standing: 'effective', code: null, why: null, by: null })
})

it('beside a removal (T01)', () => {
  const removal = beside('A', { kind: 'RemoveDevice', device: device('B') })
  const adding = add('B', 'V')
  expect(entryOf(adding)).toMatchObject({
    standing: 'void',
    code: 'ERR_TEAM_VOIDED',
    by: idText('cmd', removal.id),
  })
  expect(toldOf(adding, removal)).toBe(
    'Its author had not seen THAT (A: removed B): what B did, or was given, beside its removal does not count.',
  )
})

it('what rests on something void', () => {
  beside('A', { kind: 'RemoveDevice', device: device('B') })
  const adding = add('B', 'V')
  const later = beside('V', { kind: 'RemoveDevice', device: device('V') }, adding)
  expect(toldOf(later, adding)).toMatch(
    /^It rests on THAT \(B: added V \(12D3KooW\w+\) as user\), which has no effect\.$/,
  )
})

it('beside a demotion (T17)', () => {
  const demotion = beside('O', { kind: 'AssignRole', device: device('A'), role: 'user' })
  const adding = add('A', 'V')
  expect(toldOf(adding, demotion)).toBe(
    'Its author had not seen THAT (O: A: manager to user): with the role that this left to A, it could not have been done.',
  )
})

it('without the permission (T27)', () => {
  const change = beside('O', { kind: 'RemovePermission', role: 'manager', permission: 'device.remove' })
  const removal = beside('A', { kind: 'RemoveDevice', device: device('U') })
  expect(toldOf(removal, change)).toContain('without the permission device.remove it could not have been done.')
})

it('beside the end of the team (T34)', () => {
  const close = beside('O', { kind: 'CloseTeam' })
  const removal = beside('A', { kind: 'RemoveDevice', device: device('B') })
  expect(toldOf(removal, close)).toBe(
    'Its author had not seen THAT (O: closed): what is done beside the end of a team does not count.',
  )
})

it('two commands of one device (T61)', () => {
  const sides = [
    beside('U', { kind: 'RevokeRole', device: device('U'), role: 'user' }),
    beside('U', { kind: 'RemoveDevice', device: device('U') }),
  ]
  const lost = sides.find((side) => entryOf(side).standing === 'void')
  const stands = sides.find((side) => side !== lost)
  if (lost === undefined || stands === undefined) throw new Error('no fork')
  expect(toldOf(lost, stands)).toMatch(
    /^Its device signed it and THAT \(U: .*\) beside each other; of two such commands one stands/,
  )
})

it('what a device signs without knowing how its fork is decided, and what it signs once it knows (T79)', () => {
  const label = (name: string, ...parents: Command[]): Command =>
    beside('O', { kind: 'CreateLabel', label: name }, ...parents)
  const before = label('before')
  const seen = beside('A', { kind: 'RevokeRole', device: device('A'), role: 'manager' }, before)
  const restored = label('restored')
  const blind = label('blind', restored)
  const knowing = label('knowing', seen, blind)
  expect(toldOf(restored, before)).toMatch(
    /^Its device signed it and THAT \(O: .*\) beside each other; of two such commands one stands, and it is the other one\.$/,
  )
  expect(toldOf(blind, before)).toBe(toldOf(restored, before))
  expect(entryOf(knowing).standing).toBe('effective')
})

it('what a device signs when it takes for lost what stands (T79c)', () => {
  scribe.add('O', 'O2', 'owner')
  base = scribe.write('O', { kind: 'CreateLabel', label: 'y' })
  const label = (name: string, ...parents: Command[]): Command =>
    beside('O', { kind: 'CreateLabel', label: name }, ...parents)
  const [first, second] = [label('first'), label('second')]
  const seen = beside('A', { kind: 'RevokeRole', device: device('A'), role: 'manager' }, first)
  const misled = label('misled', seen, second)
  expect(entryOf(misled).standing).toBe('effective')
  beside('O2', { kind: 'CreateLabel', label: 'better' }, second)
  expect(entryOf(first).standing).toBe('void')
  expect(toldOf(misled, first)).toMatch(
    /^Its device had signed commands beside each other, THAT \(O: .*\) among them, and when it signed this one it saw another of them stand than the one that does: what follows such an error is void\.$/,
  )
})

it('a circle of removals (T25)', () => {
  const up = (by: string, name: string): Command =>
    beside(by, { kind: 'AssignRole', device: device(name), role: 'owner' })
  scribe.add('O', 'O2', 'owner')
  base = scribe.write('O', { kind: 'CreateLabel', label: 'y' })
  const [first, second] = [up('O', 'B'), up('O2', 'U')]
  const mine = beside('B', { kind: 'RemoveDevice', device: device('A') }, first)
  const theirs = beside('U', { kind: 'RemoveDevice', device: device('B') }, second)
  const answer = beside('A', { kind: 'RemoveDevice', device: device('U') }, base)
  const told = [mine, theirs, answer].map((command) => entryOf(command))
  expect(told.filter(({ standing }) => standing === 'void').every(({ why, by }) => by !== null && why !== null)).toBe(
    true,
  )
  expect(told.some(({ standing }) => standing === 'void')).toBe(true)
})

it('recalled: what went first is named (T20, T41)', () => {
  const promotion = beside('O', { kind: 'AssignRole', device: device('B'), role: 'manager' })
  const demotion = beside('A', { kind: 'AssignRole', device: device('B'), role: 'user' })
  expect(entryOf(demotion)).toMatchObject({ standing: 'recalled', code: 'ERR_TEAM_STALE_ROLE', by: null })
  expect(toldOf(demotion, promotion)).toBe(
    "Its author had not seen THAT (O: B: operator to manager), which goes first on all nodes; after that the law refuses it: the device has the role 'manager', not 'operator'.",
  )
  const [mine, theirs] = [
    beside('O', { kind: 'CreateLabel', label: 'z' }, promotion),
    beside('M', { kind: 'CreateLabel', label: 'z' }),
  ]
  expect(toldOf(theirs, mine)).toContain('THAT (O: made the label z), which goes first on all nodes')
})

it('a reducer whose author had no right after all is taken out with what it did (T73)', () => {
  scribe.write('O', { kind: 'CreateRole', role: 'r', rank: 700, permissions: ['device.remove'] })
  base = scribe.add('O', 'W')
  const grant = beside('A', { kind: 'AssignRole', device: device('W'), role: 'r' })
  const removal = beside('W', { kind: 'RemoveDevice', device: device('U') }, grant)
  beside('O', { kind: 'DeleteRole', role: 'r' })
  expect(entryOf(grant)).toMatchObject({ standing: 'recalled', code: 'ERR_TEAM_UNKNOWN_ROLE' })
  expect(entryOf(removal).standing).toBe('void')
  expect(toldOf(removal)).toMatch(
    /^When its turn came, its author turned out to have no right to it, .* role 'user' may not remove devices\.$/,
  )
  expect(toldOf(grant)).toBe(
    "In the order that all nodes apply, it comes when the law refuses it: no role 'r' in this team.",
  )
})
