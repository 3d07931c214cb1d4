// What one hostile member can make the rules cost: reducers without authority that all have hit something, ten thousand
// branches off one point, long branches side by side, ladders, wide fans; each for several sizes, with how it grows. `taken`
// is all that it costs until the last one is in the graph, `resolved` one resolution of the whole from the beginning.
// No signatures, no disk. BENCH_SIZES=N,N counts of commands.
import { createDevice, type Device } from '../src/team/device.ts'
import { Evaluation } from '../src/team/evaluation.ts'
import type { GraphNode } from '../src/team/graph.ts'
import { machineLine } from './machine.ts'
import { Team, timed } from './unsigned-team.ts'

const sizes = (process.env['BENCH_SIZES'] ?? '1000,2500,10000').split(',').map(Number)
const fewer = (process.env['BENCH_REDUCERS'] ?? '100,200,400,800').split(',').map(Number)
const device = (name: string): Device => createDevice({ seed: `hostile ${name}` })
const [owner, honest, hostile, accomplice] = ['owner', 'honest', 'hostile', 'accomplice'].map(device) as [Device, Device, Device, Device] // prettier-ignore

interface Base {
  readonly team: Team
  readonly roleAt: Uint8Array
  readonly last: GraphNode
}

function base(roles: Readonly<Record<string, string>> = {}): Base {
  const team = new Team()
  const root = team.write(owner, 'CreateTeam', { nonce: new Uint8Array(32), name: 'bench', policy: 1, bundle: owner.bundle, commonName: 'owner' }) // prettier-ignore
  const roleAt = root.command.id
  for (const [name, one] of Object.entries({ honest, hostile, accomplice }))
    team.write(owner, 'AddDevice', { bundle: one.bundle, commonName: name, role: roles[name] ?? 'operator', roleAt, gen: 0 }) // prettier-ignore
  const last = team.write(owner, 'CreateLabel', { label: 'x' })
  return { team, roleAt, last }
}

let labels = 0
/** A command that is like no other. */
function act(team: Team, by: Device, on: readonly GraphNode[]): GraphNode {
  return team.write(by, 'AssignNetworkName', { device: by.idBytes, gen: 0, name: `n${String(labels++)}.example` }, on)
}

/**
 * The accomplice gives a role that the owner deletes beside it; with it the hostile one removes everybody, who all have
 * done something beside that. The grant is recalled, so no removal has hit anything (R5).
 */
function unfounded(count: number): Team {
  const { team, roleAt } = base({ accomplice: 'owner', hostile: 'user' })
  const users = Array.from({ length: count }, (_, n) => device(`user ${String(n)}`))
  for (const user of users)
    team.write(owner, 'AddDevice', { bundle: user.bundle, commonName: 'user', role: 'operator', roleAt, gen: 0 })
  const role = team.write(owner, 'CreateRole', { role: 'r', rank: 750, permissions: ['device.remove'] })
  const grant = { device: hostile.idBytes, gen: 0, role: 'r', roleAt: role.command.id, from: 'user' }
  let on = team.write(accomplice, 'AssignRole', grant, [role])
  for (const { idBytes } of users) on = team.write(hostile, 'RemoveDevice', { device: idBytes, gen: 0 }, [on])
  let beside = team.write(owner, 'DeleteRole', { role: 'r', roleAt: role.command.id }, [role])
  for (const user of users) beside = act(team, user, [beside])
  return team
}

/** Branches of one command off one point; `seen`: the honest one names them, 16 at a time. */
function star(count: number, seen: boolean): Team {
  const { team, last } = base()
  const tips = Array.from({ length: count }, () => act(team, hostile, [last]))
  let on: GraphNode | undefined
  for (let at = 0; seen && at < tips.length; at += 15)
    on = act(team, honest, [...(on === undefined ? [] : [on]), ...tips.slice(at, at + 15)])
  return team
}

/** So many long branches off one point. */
function lines(count: number, width: number): Team {
  const { team, last } = base()
  const tips = Array.from({ length: width }, () => last)
  for (let n = 0; n < count; n++) tips[n % width] = act(team, hostile, [tips[n % width] as GraphNode])
  return team
}

/** Rungs of two beside each other and one that names both: of one device, or of three. */
function ladder(count: number, by: readonly [Device, Device, Device]): Team {
  const { team, last } = base()
  let on = last
  for (let n = 0; n < count; n += 3) on = act(team, by[2], [act(team, by[0], [on]), act(team, by[1], [on])])
  return team
}

/** Branches off one point that are taken together 16 at a time, again and again. */
function fan(count: number): Team {
  const { team, last } = base()
  let tips = Array.from({ length: Math.floor(count * 0.9) }, () => act(team, hostile, [last]))
  while (tips.length > 1) {
    const next: GraphNode[] = []
    for (let at = 0; at < tips.length; at += 16) {
      const some = tips.slice(at, at + 16)
      next.push(some.length === 1 ? (some[0] as GraphNode) : act(team, hostile, some))
    }
    tips = next
  }
  return team
}

const shapes: Readonly<Record<string, { sizes: readonly number[]; grow: (count: number) => Team }>> = {
  'reducers without authority': { sizes: fewer, grow: unfounded },
  'branches of one off one point': { sizes, grow: (count) => star(count, false) },
  'branches of one off one point, seen by another': { sizes, grow: (count) => star(count, true) },
  'two long branches': { sizes, grow: (count) => lines(count, 2) },
  'a hundred long branches': { sizes, grow: (count) => lines(count, 100) },
  'branches of two': { sizes, grow: (count) => lines(count, count / 2) },
  'a ladder of three devices': { sizes, grow: (count) => ladder(count, [hostile, honest, accomplice]) },
  'a ladder of one device': { sizes, grow: (count) => ladder(count, [hostile, hostile, hostile]) },
  'fans of 16': { sizes, grow: fan },
}

const only = process.argv.find((word) => word.startsWith('--only='))?.slice('--only='.length)
console.log(machineLine())
for (const [name, { sizes: counts, grow }] of Object.entries(shapes)) {
  if (only !== undefined && !name.includes(only)) continue
  const found: Record<string, number[]> = { taken: [], resolved: [] }
  for (const count of counts) {
    const { ms, result: team } = timed(() => grow(count))
    found['taken']?.push(ms)
    found['resolved']?.push(timed(() => new Evaluation(team.graph).current()).ms)
  }
  for (const [what, values] of Object.entries(found)) {
    const growth = values
      .slice(1)
      .map((value, i) => Math.log(value / values[i]!) / Math.log(counts[i + 1]! / counts[i]!))
    const rows = counts.map((count, i) => `${String(count)}: ${values[i]!.toPrecision(3)}`).join(', ')
    console.log(
      `team-hostile ${name}, ${what}, ms: ${rows}; exponents ${growth.map((one) => one.toFixed(2)).join(', ')}`,
    )
  }
}
