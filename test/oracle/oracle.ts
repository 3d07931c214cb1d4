import { apply, check, emptyState, isRotationPending, needsOf, newcomer, roleOf } from './page-law.ts'
import { hasForm, hexed, isBuiltIn, orderingOnly, payloads } from './page-tables.ts'
import type { Body, Given, Invite, Member, Origin, Plain, Role, State } from './page-tables.ts'

export interface Verdict { verdict: 'effective' | 'recalled' | 'void' | 'refused' | 'parked'; code?: string } // prettier-ignore
export interface Judgement { state: State; verdicts: Map<string, Verdict>; forked: Set<string>; lost: Set<string>; rotationPending: boolean; accepted: Set<string> } // prettier-ignore
type Order = readonly (number | string)[]

/**
 * Section 4 of `TEAM.md` a second time, written from the page alone by somebody who had not read the engine: recursive, slow,
 * and meant to be compared with the page line by line. It judges a set of decoded commands, given in any order.
 */
export class Oracle {
  readonly #all = new Map<string, Plain>()
  readonly #given: Given
  readonly #origins = new Map<string, Origin | Verdict | undefined>()
  #root = ''

  constructor(commands: readonly Plain[], given: Given) {
    this.#given = given
    this.learn(commands)
  }

  /** More commands. What is judged later may be part of all: facts of an origin hang on nothing but its past. */
  learn(commands: readonly Plain[]): void {
    for (const command of commands) this.#all.set(command.id, command)
    for (const [id, found] of this.#origins) if (found === undefined) this.#origins.delete(id)
    if (this.#root === '') this.#root = commands.filter(({ kind }) => kind === 'CreateTeam').map(({ id }) => id).sort()[0] ?? '' // prettier-ignore
  }

  judge(ids: Iterable<string> = this.#all.keys()): Judgement {
    const verdicts = new Map<string, Verdict>()
    const graph: string[] = []
    for (const id of ids) {
      const found = this.#originOf(id)
      if (found !== undefined && 'verdict' in found) verdicts.set(id, found)
      else if (found !== undefined) graph.push(id)
    }
    const resolved = this.#resolve(graph)
    for (const [id, verdict] of resolved.verdicts) verdicts.set(id, verdict)
    return { ...resolved, verdicts, rotationPending: isRotationPending(resolved.state) }
  }

  // --- R0 ---
  /** Its facts where it belongs to the graph, a verdict where it does not, undefined where a parent is missing. */
  #originOf(id: string): Origin | Verdict | undefined {
    if (!this.#origins.has(id)) this.#origins.set(id, this.#judgeOrigin(this.#all.get(id)))
    return this.#origins.get(id)
  }

  #facts(id: string): Origin {
    return this.#originOf(id) as Origin
  }

  #judgeOrigin(c: Plain | undefined): Origin | Verdict | undefined {
    if (c === undefined) return undefined
    const isNewer = payloads[c.kind] === undefined || (c.kind === 'CreateTeam' && Number(c.body['policy']) > 1)
    if (c.kind === 'CreateTeam' ? c.id !== this.#root : c.team !== this.#root) return refused('WRONG_TEAM')
    const parents = c.parents.map((parent) => this.#originOf(parent))
    if (parents.some((parent) => parent === undefined)) return undefined
    if (parents.some((parent) => isVerdict(parent, 'refused'))) return refused('BAD_PARENT')
    if (isNewer || parents.some((parent) => isVerdict(parent, 'parked'))) return { verdict: 'parked' }
    const origins = parents as Origin[]
    const past = new Set(origins.flatMap(({ command, past: before }) => [command.id, ...before]))
    if ((c.parents.length === 0) !== (c.kind === 'CreateTeam') || c.parents.length > 16) return refused('BAD_PARENT')
    if (c.parents.some((a) => origins.some(({ past: before }) => before.has(a)))) return refused('BAD_PARENT')
    if (c.depth !== Math.max(-1, ...origins.map(({ command }) => command.depth)) + 1) return refused('BAD_DEPTH')
    const own = [...past].map((id) => this.#facts(id).command).filter(({ author }) => author === c.author)
    if (c.sequence !== Math.max(-1, ...own.map(({ sequence }) => sequence)) + 1) return refused('BAD_SEQUENCE')
    const { state: view, lost } = this.#resolve([...past])
    const origin = this.#authorityOf(c, past, view, lost)
    const code = check(this.#given, view, origin, true)
    return code === undefined ? origin : refused(code)
  }

  #authorityOf(command: Plain, past: Set<string>, view: State, lost: Set<string>): Origin {
    const said: Record<string, unknown> = Object.fromEntries(
      Object.entries(command.body).map(([name, v]) => [name, hexed(v)]),
    )
    // 2.1: `sync-only` is another spelling; 2.4: what may be absent has a default.
    for (const name of ['role', 'from']) if (said[name] === 'sync-only') said[name] = 'sync-role'
    const isGiving = ['AddDevice', 'CreateInvite'].includes(command.kind)
    const body = { ...(isGiving ? { role: 'user', roleAt: view.team, labels: [] } : {}), ...said } as unknown as Body
    const member = view.members.get(command.author)
    const role = member === undefined ? undefined : roleOf(view, member)
    const needs = hasForm(command) ? needsOf(view, command, body, role) : []
    const given = command.kind === 'AssignRole' ? body['role'] : command.kind === 'RevokeRole' ? 'sync-role' : ''
    const origin = { command, body, past, view, lost, rank: role?.rank ?? 0, role, needs, deps: new Set<string>(), given, admission: member?.admission ?? command.id } // prettier-ignore
    const direct = [member?.admission, member?.roleBy, member?.signing.get(command.key)]
    if (role !== undefined && needs.length > 0) direct.push(isBuiltIn(role.name) ? undefined : role.at, ...needs.map((permission) => role.permissions.get(permission))) // prettier-ignore
    if (command.kind === 'AdmitDevice') direct.push(body['invite'])
    if (command.kind === 'ConfirmLeave') direct.push(body['leave'])
    for (const dep of direct)
      if (dep !== undefined && past.has(dep)) for (const id of [dep, ...this.#facts(dep).deps]) origin.deps.add(id)
    return origin
  }

  // --- Definitions ---
  #isConcurrent(a: string, b: string): boolean {
    return a !== b && !this.#facts(a).past.has(b) && !this.#facts(b).past.has(a)
  }

  /** The device a command reduces, where it reduces one. */
  #targetOf(id: string): string | undefined {
    const { command: c, body: b } = this.#facts(id)
    if (c.kind === 'RemoveDevice' || c.kind === 'ConfirmLeave' || this.#isDecrease(id)) return b['device']
    if (c.kind === 'RetireKey' && b['reason'] === 'compromised') return b['device']
    return undefined
  }

  #isDecrease(id: string): boolean {
    const { given, view, body: b } = this.#facts(id)
    if (given === '') return false
    const before = roleOf(view, view.members.get(b['device']) as Member)
    const after = view.roles.get(given) as Role
    return after.rank < before.rank || (after.rank === before.rank && [...before.permissions.keys()].some((permission) => !after.permissions.has(permission))) // prettier-ignore
  }

  #isSelfReducer(id: string): boolean {
    const { command: c, body: b } = this.#facts(id)
    return this.#targetOf(id) === c.author || (c.kind === 'RevokeNetworkName' && b['device'] === c.author)
  }

  /** True for what takes part in R3. */
  #canHit(id: string): boolean {
    const { kind } = this.#facts(id).command
    const isReducer = this.#targetOf(id) !== undefined || ['RemovePermission', 'RevokeInvite', 'RemoveNode', 'CloseTeam'].includes(kind) // prettier-ignore
    return isReducer && !this.#isSelfReducer(id)
  }

  /** Under the *unless* of R2: the target's role at `d` came from a concurrent command of a higher author. */
  #isLifted(decrease: string, d: string): boolean {
    const grant = this.#facts(d).view.members.get(this.#facts(d).command.author)?.roleBy
    return grant !== undefined && this.#isConcurrent(grant, decrease) && this.#facts(grant).rank > this.#facts(decrease).rank // prettier-ignore
  }

  /** Rank that the accepted decreases left the author of `id` at it. */
  #rankUnder(id: string, accepted: Set<string>): number {
    const { command: c, rank } = this.#facts(id)
    const left = [...accepted].filter((r) => this.#isDecrease(r) && this.#isConcurrent(r, id) && this.#facts(r).body['device'] === c.author && this.#facts(r).body['gen'] === c.generation && !this.#isLifted(r, id)) // prettier-ignore
    return Math.min(rank, ...left.map((r) => this.#reducedRole(r).rank))
  }

  #reducedRole(decrease: string): Role {
    return this.#facts(decrease).view.roles.get(this.#facts(decrease).given) as Role
  }

  #precedence(id: string, accepted: Set<string>): Order {
    const { admission } = this.#facts(id)
    return [-this.#rankUnder(id, accepted), this.#facts(admission).command.depth, admission, id]
  }

  // --- R1 ---
  #lostForks(ids: string[]): { lost: Set<string>; forked: Set<string> } {
    const authorOf = (id: string): string => this.#facts(id).command.author
    const pairs = ids.flatMap((x) => ids.filter((y) => x < y && authorOf(x) === authorOf(y) && this.#isConcurrent(x, y)).map((y) => [x, y] as const)) // prettier-ignore
    const lost = new Set<string>()
    if (pairs.length === 0) return { lost, forked: new Set() }
    const sides = new Set(pairs.flat())
    const { accepted } = this.#ground(ids.filter((id) => this.#canHit(id) && !sides.has(id)))
    for (const [x, y] of pairs) lost.add(this.#loser(x, y, ids, sides, accepted))
    // Who went on in a view where its forks were decided otherwise has lost, too.
    for (const id of [...ids].sort((a, b) => this.#facts(a).command.depth - this.#facts(b).command.depth)) {
      const { past, lost: lostThen } = this.#facts(id)
      if ([...past].some((own) => authorOf(own) === authorOf(id) && lost.has(own) !== lostThen.has(own))) lost.add(id)
    }
    return { lost, forked: new Set(pairs.map(([x]) => authorOf(x))) }
  }

  #loser(x: string, y: string, ids: string[], sides: Set<string>, trial: Set<string>): string {
    const a = this.#bestWitness(x, y, ids, sides, trial)
    const b = this.#bestWitness(y, x, ids, sides, trial)
    if (a !== undefined || b !== undefined) {
      if (a === undefined || b === undefined) return a === undefined ? x : y
      const order = compare(a, b)
      return order === 0 ? larger(x, y) : order < 0 ? y : x
    }
    const [isOut, isOtherOut] = [this.#withdraws(x, y, ids), this.#withdraws(y, x, ids)]
    return isOut === isOtherOut ? larger(x, y) : isOut ? y : x
  }

  #bestWitness(x: string, y: string, ids: string[], sides: Set<string>, trial: Set<string>): Order | undefined {
    const forker = this.#facts(x).command.author
    const witnesses = ids.filter((w) => {
      const { command, past } = this.#facts(w)
      if (command.author === forker || !past.has(x) || past.has(y) || sides.has(w)) return false
      return ![...trial].some((r) => this.#discredits(r, command, forker))
    })
    return witnesses.map((w) => this.#precedence(w, new Set()).slice(0, 3)).sort(compare)[0]
  }

  #discredits(r: string, witness: Plain, forker: string): boolean {
    const { command, body: b } = this.#facts(r)
    const isAimed = ['RemoveDevice', 'ConfirmLeave'].includes(command.kind) || this.#isDecrease(r)
    if (!isAimed || command.author === forker || !this.#isConcurrent(r, witness.id)) return false
    return b['device'] === witness.author && b['gen'] === witness.generation
  }

  #withdraws(x: string, y: string, ids: string[]): boolean {
    const { author } = this.#facts(x).command
    const branch = ids.filter((id) => id === x || (this.#facts(id).command.author === author && this.#facts(id).past.has(x) && this.#isConcurrent(id, y))) // prettier-ignore
    return branch.some((id) => {
      const { command: c, body: b } = this.#facts(id)
      if (b['device'] !== author) return false
      return c.kind === 'RemoveDevice' || (c.kind === 'RetireKey' && b['reason'] === 'compromised' && b['key'] === this.#facts(y).command.key) // prettier-ignore
    })
  }

  // --- R2 ---
  #hits(r: string, c: string): boolean {
    return [c, ...this.#facts(c).deps].some((d) => this.#isConcurrent(r, d) && this.#touches(r, d))
  }

  #touches(r: string, id: string): boolean {
    const { command: { kind, author: closer }, body: b, view } = this.#facts(r) // prettier-ignore
    const { command: d, body, needs, role, given } = this.#facts(id)
    const isBy = d.author === b['device']
    switch (kind) {
      case 'RemoveDevice':
        return (isBy && d.generation <= b['gen']) || this.#admits(id) === b['device'] || (given !== '' && body['device'] === b['device'] && body['gen'] <= b['gen']) // prettier-ignore
      case 'ConfirmLeave':
        return isBy && d.generation <= b['gen']
      case 'RemovePermission':
        return role?.name === b['role'] && role.at === b['roleAt'] && needs.includes(b['permission'])
      case 'RevokeInvite':
        return d.kind === 'AdmitDevice' && body['invite'] === b['invite']
      case 'RemoveNode':
        return d.kind === 'AddNode' && body['peer'] === b['peer']
      case 'RetireKey':
        return isBy && d.key === b['key']
      case 'CloseTeam':
        return d.kind !== 'CloseTeam' && this.#targetOf(id) !== closer
      default:
        return this.#decreaseTouches(r, id, view)
    }
  }

  #decreaseTouches(r: string, id: string, view: State): boolean {
    const { body: b, rank } = this.#facts(r)
    const origin = this.#facts(id)
    const reduced = view.roles.get(this.#facts(r).given) as Role
    if (origin.command.author === b['device'] && origin.command.generation === b['gen'] && !this.#isLifted(r, id)) {
      const member = { ...(origin.view.members.get(b['device']) as Member), role: reduced.name, supposed: reduced }
      const supposed = { ...origin.view, members: new Map(origin.view.members).set(b['device'], member) }
      if (check(this.#given, supposed, origin, true) !== undefined) return true
    }
    const role = this.#givenTo(id, b['device'], b['gen'])
    return role !== undefined && role.rank > reduced.rank && origin.rank <= rank
  }

  #admits(id: string): string | undefined {
    const { command, body, view } = this.#facts(id)
    return newcomer(this.#given, view, command, body)?.device
  }

  /** The role that a command gives to a device in a generation. */
  #givenTo(id: string, device: string, gen: number): Role | undefined {
    const { command: c, body: b, view, given } = this.#facts(id)
    if (b['gen'] !== gen) return undefined
    if (given !== '') return b['device'] === device ? view.roles.get(given) : undefined
    if (this.#admits(id) !== device) return undefined
    return view.roles.get(c.kind === 'AddDevice' ? b['role'] : (view.invites.get(b['invite']) as Invite).role)
  }

  // --- R3 ---
  #ground(reducers: string[]): { accepted: Set<string>; out: Set<string> } {
    const accepted = new Set<string>()
    const out = new Set<string>()
    for (;;) {
      const open = reducers.filter((r) => !accepted.has(r) && !out.has(r))
      if (open.length === 0) return { accepted, out }
      const free = open.filter((r) => !open.some((q) => this.#hits(q, r)))
      const chosen = free.length > 0 ? free : [this.#breakTie(open, accepted)]
      for (const r of chosen) accepted.add(r)
      for (const q of open)
        if (!accepted.has(q) && chosen.some((r) => this.#hits(r, q) || (free.length === 0 && this.#hits(q, r)))) out.add(q) // prettier-ignore
    }
  }

  #breakTie(open: string[], accepted: Set<string>): string {
    const reachedFrom = (r: string, seen = new Set<string>()): Set<string> => {
      for (const q of open) if (!seen.has(q) && this.#hits(r, q)) reachedFrom(q, seen.add(q))
      return seen
    }
    const reach = new Map(open.map((r) => [r, reachedFrom(r)]))
    const sources = open.filter((r) => open.every((q) => !reach.get(q)?.has(r) || reach.get(r)?.has(q)))
    return sources.sort((a, b) => compare(this.#precedence(a, accepted), this.#precedence(b, accepted)))[0] as string
  }

  // --- R4, R5 ---
  #withDependents(voided: Set<string>, ids: string[]): Set<string> {
    return new Set(ids.filter((id) => voided.has(id) || [...this.#facts(id).deps].some((dep) => voided.has(dep))))
  }

  #resolve(ids: string[]): Omit<Judgement, 'rotationPending'> {
    const { lost: lostForks, forked } = this.#lostForks(ids)
    const lost = this.#withDependents(lostForks, ids)
    for (;;) {
      const takingPart = ids.filter((id) => this.#canHit(id) && !lost.has(id))
      const { accepted, out } = this.#ground(takingPart)
      const hit = ids.filter((id) => !accepted.has(id) && [...accepted].some((r) => this.#hits(r, id)))
      const voided = this.#withDependents(new Set([...lost, ...out, ...hit]), ids)
      const { state, recalled } = this.#replay(ids, voided, accepted)
      const baseless = takingPart.filter((id) => ['NOT_MEMBER', 'NO_PERMISSION', 'RANK_TOO_LOW'].includes(recalled.get(id) ?? '') || (this.#facts(id).command.kind === 'ConfirmLeave' && recalled.get(id) === 'UNKNOWN_DEVICE')) // prettier-ignore
      if (baseless.length === 0) {
        const verdictOf = (id: string): Verdict => {
          if (voided.has(id)) return { verdict: 'void', code: 'ERR_TEAM_VOIDED' }
          const code = recalled.get(id)
          return code === undefined ? { verdict: 'effective' } : { verdict: 'recalled', code: `ERR_TEAM_${code}` }
        }
        return { state, verdicts: new Map(ids.map((id) => [id, verdictOf(id)])), forked, lost: lostForks, accepted }
      }
      for (const id of this.#withDependents(new Set([...lost, ...baseless]), ids)) lost.add(id)
    }
  }

  #replay(ids: string[], voided: Set<string>, accepted: Set<string>): { state: State; recalled: Map<string, string> } {
    const state = emptyState()
    const recalled = new Map<string, string>()
    const order = new Map<string, Order>(ids.map((id) => [id, [this.#classOf(id), ...this.#precedence(id, accepted)]]))
    const placed = new Set<string>()
    while (placed.size < ids.length) {
      const ready = ids.filter((id) => !placed.has(id) && this.#facts(id).command.parents.every((parent) => placed.has(parent))) // prettier-ignore
      const next = ready.reduce((a, b) => (compare(order.get(a) as Order, order.get(b) as Order) < 0 ? a : b))
      placed.add(next)
      if (voided.has(next)) continue
      const code = check(this.#given, state, this.#facts(next), false)
      if (code === undefined) apply(this.#given, state, this.#facts(next))
      else recalled.set(next, code)
    }
    return { state, recalled }
  }

  #classOf(id: string): number {
    if (this.#isSelfReducer(id)) return 2
    const { command, given } = this.#facts(id)
    return this.#canHit(id) || given !== '' || orderingOnly.includes(command.kind) ? 0 : 1
  }
}

const isVerdict = (found: Origin | Verdict | undefined, verdict: string): boolean => found !== undefined && 'verdict' in found && found.verdict === verdict // prettier-ignore
const larger = (x: string, y: string): string => (x < y ? y : x)

function compare(a: Order, b: Order): number {
  const at = a.findIndex((value, i) => value !== b[i])
  return at < 0 ? 0 : (a[at] as number) < (b[at] as number) ? -1 : 1
}
const refused = (code: string): Verdict => ({ verdict: 'refused', code: `ERR_TEAM_${code}` })
