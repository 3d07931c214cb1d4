// What the rules of resolution cost (R0 to R6): a command on the fast path, a team read again from its log, late branches
// that fork some way back, and the memory of a graph; each for several sizes, with how it grows. No signatures, no disk.
import { createDevice, type Device } from '../src/team/device.ts'
import { Evaluation } from '../src/team/evaluation.ts'
import { machineLine } from './machine.ts'
import { Team, timed } from './unsigned-team.ts'

const sizes = (process.env['BENCH_SIZES'] ?? '1000,10000,100000').split(',').map(Number)
const devices = 100
const cast = Array.from({ length: devices }, (_, n) => createDevice({ seed: `bench ${n}` }))
const [owner, ...others] = cast as [Device, ...Device[]]
const late = others[0] as Device
const busy = others.slice(1, 7)
const users = others.slice(7)

/** A team of 100 devices, of which one owner and six operators give and take roles and labels; one manager is silent. */
function grow(count: number): Team {
  const team = new Team()
  const root = team.write(owner, 'CreateTeam', { nonce: new Uint8Array(32), name: 'bench', policy: 1, bundle: owner.bundle, commonName: 'owner' }) // prettier-ignore
  const roleAt = root.command.id
  const permissions = ['device.remove', 'label.assign', 'role.assign', 'role.revoke']
  const manager = team.write(owner, 'CreateRole', { role: 'manager', rank: 800, permissions }).command.id
  const add = (who: Device, role: string, at = roleAt): void =>
    void team.write(owner, 'AddDevice', { bundle: who.bundle, commonName: 'device', role, roleAt: at, gen: 0 })
  add(late, 'manager', manager)
  for (const device of busy) add(device, 'operator')
  for (const device of users) add(device, 'user')
  const label = team.write(owner, 'CreateLabel', { label: 'red' }).command.id
  for (let n = 0; team.graph.nodes.length < count; n++) write(team, n, { roleAt, label })
  return team
}

/** Every fourth command is a role change by the owner, half of those a demotion; the others give and take a label. */
function write(team: Team, n: number, { roleAt, label }: { roleAt: Uint8Array; label: Uint8Array }): void {
  const turn = Math.floor(n / 4)
  const device = (users[turn % users.length] as Device).idBytes
  const isOdd = Math.floor(turn / users.length) % 2 === 1
  const [from, role] = isOdd ? ['operator', 'user'] : ['user', 'operator']
  if (n % 4 === 0) team.write(owner, 'AssignRole', { device, gen: 0, role, roleAt, from })
  else {
    const by = busy[n % busy.length] as Device
    const user = (users[(turn + 40) % users.length] as Device).idBytes
    const given = { device: user, gen: 0, label: 'red', labelAt: label }
    const holds = team.evaluation.current().members.get(Buffer.from(user).toString('hex'))
    const isHeld = holds?.labels.has('red') === true
    // Operators cannot touch their equals.
    const author = holds?.role === 'operator' ? owner : by
    team.write(author, isHeld ? 'RevokeLabel' : 'AssignLabel', isHeld ? given : { ...given, op: 'send' })
  }
}

/** A branch of the silent manager that forks so far back: acts, and in the middle the removal of a busy operator. */
function branch(team: Team, back: number, length: number): number {
  const label = team.graph.nodes.find(({ act }) => act.kind === 'CreateLabel')!.command.id
  let on = team.graph.nodes.at(-1 - back)!
  const user = (users[0] as Device).idBytes
  return timed(() => {
    for (let i = 0; i < length; i++) {
      const held = team.evaluation.view([on]).members.get(Buffer.from(user).toString('hex'))
      const isHeld = held?.labels.has('red') === true
      const given = { device: user, gen: 0, label: 'red', labelAt: label }
      on =
        i === length >> 1
          ? team.write(late, 'RemoveDevice', { device: busy[0]!.idBytes, gen: 0 }, [on])
          : team.write(late, isHeld ? 'RevokeLabel' : 'AssignLabel', isHeld ? given : { ...given, op: 'recv' }, [on])
    }
    return team.evaluation.current()
  }).ms
}

const found: Record<string, number[]> = {}
function note(name: string, value: number): void {
  ;(found[name] ??= []).push(value)
}

console.log(machineLine())
for (const size of sizes) {
  const bytes = grow(size).graph.nodes.map(({ command }) => command.bytes.slice())
  globalThis.gc?.()
  const before = process.memoryUsage()
  const { ms: rebuild, result: team } = timed(() => {
    const again = new Team()
    for (const one of bytes) again.take(one)
    again.evaluation.current()
    return again
  })
  globalThis.gc?.()
  const after = process.memoryUsage()
  const heap = (after.heapUsed + after.arrayBuffers - before.heapUsed - before.arrayBuffers) / size
  note('rebuilt, ms', rebuild)
  note('fast path, ms a command', rebuild / size)
  note('memory, bytes a command without its own bytes', heap)
  const whole = timed(() => new Evaluation(team.graph).current()).ms
  note('full resolution of the graph, ms', whole)
  note('late branch of 10 with a removal, 1,000 back, ms', branch(team, Math.min(1_000, size - 200), 10))
  for (const [name, back] of [
    ['1,000 back', Math.min(1_000, size - 200)],
    ['from the beginning', size - 120],
  ] as const) {
    const fresh = new Team()
    for (const one of bytes) fresh.take(one)
    note(`late branch of 100 with a removal, ${name}, ms`, branch(fresh, back, 100))
  }
}
for (const [name, values] of Object.entries(found)) {
  const growth = values.slice(1).map((value, i) => Math.log(value / values[i]!) / Math.log(sizes[i + 1]! / sizes[i]!))
  const rows = sizes.map((size, i) => `${size}: ${values[i]!.toPrecision(3)}`).join(', ')
  console.log(`team-resolve ${name}: ${rows}; exponents ${growth.map((one) => one.toFixed(2)).join(', ')}`)
}
