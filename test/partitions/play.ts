import { fromHex, parseId, toHex } from '../../src/codec/index.ts'
import { eventually } from '../helpers/swarm-nodes.ts'
import type { AskedCommand, Names } from '../law/facts.ts'
import { faultsOf } from '../law/facts.ts'
import type { Found, FoundMember } from '../law/found.ts'
import { expectationOf, managerStep } from '../law/builder.ts'
import { readStep, type Scenario, type Side, type Step } from '../law/notation.ts'
import { act, has, idOf, logOf, placeOf, type Stage } from './acts.ts'
import { actorsOf, visibleFacts } from './drivable.ts'
import { codeOf, type Country, type Place } from './place.ts'

/** A line as it went on real processes. */
export interface Played {
  readonly faults: readonly string[]
  readonly processes: number
  readonly commands: number
  /** From the healed network to one state on all, ms. */
  readonly agreedMs: number
}

/** A command that a daemon made, or refused to make. */
interface Done {
  readonly step: Step
  readonly side: number
  /** `cmd_b…`. */
  readonly command: string | undefined
  readonly refusal: string | undefined
}

/** Longest wait for one state on all members after the network is whole: one sync interval, 60 s, and some for a slow machine. */
const agreeMsMax = 120_000

/**
 * Plays a line: every author is a daemon. The base is made together; then the network is split as the line is, each side
 * does its steps, the next one's daemon having seen the step before; then the network is whole again, and all members must
 * come to one state, which is asked for what the line says.
 */
export async function play(scenario: Scenario, country: Country, lease: ReadonlyMap<string, Place>): Promise<Played> {
  const stage = await found(scenario, lease)
  const done: Done[] = []
  const { team } = stage
  await together(stage, scenario.setup, 0, scenario, done)
  const sides = await common(stage, scenario, done)
  await everybodyHas(stage, done)
  const groups = sides.map(({ steps }) => [...new Set(steps.flatMap(actorsOf))])
  country.network.split(groups.map((names) => names.map((name) => placeOf(stage, name).name)))
  try {
    for (const [i, { steps }] of sides.entries()) await together(stage, steps, i + 1, scenario, done)
  } finally {
    country.network.heal()
  }
  const healed = performance.now()
  const witnesses = await agreed(stage, scenario, done)
  const agreedMs = Math.round(performance.now() - healed)
  const faults: string[] = done.flatMap((one) => refusalFaults(scenario, one))
  for (const witness of witnesses) faults.push(...(await judge(stage, scenario, done, witness)))
  const { commands } = await placeOf(stage, 'O').call('teams.show', { team })
  return { faults: [...new Set(faults)], processes: lease.size, commands, agreedMs }
}

/** The team with everybody of the base in it, and all who run keeping it. */
async function found({ cast, sides }: Scenario, lease: ReadonlyMap<string, Place>): Promise<Stage> {
  const founder = lease.get('O')
  if (founder === undefined) throw new Error('nobody is there to found a team')
  const { team } = await founder.call('teams.create', { name: 'herd', deviceName: 'O' })
  const devices = new Map([...lease].map(([name, { device }]) => [name, device]))
  const admitting = sides.flatMap(({ steps }) => steps).filter(({ verb }) => verb === 'admit')
  const servers = new Map(
    admitting.flatMap(({ author, words }) => {
      const server = lease.get(author)
      return server === undefined ? [] : [[words['invite'] ?? '', server] as const]
    }),
  )
  const stage: Stage = { team, places: lease, invites: new Map(), epochs: new Map(), servers, devices, keys: new Map() }
  await act(stage, managerStep)
  for (const { name, role } of cast) await act(stage, readStep(`O adds ${name} as ${role}`))
  for (const [name, place] of lease) {
    if (name === 'O') continue
    await place.call('teams.add', { team })
    // Who is added on a side hears of the team there.
    for (const other of lease.values())
      if (other !== place) await place.call('sync.add', { team, address: other.address })
  }
  const { commands } = await founder.call('teams.show', { team })
  for (const [name, place] of lease) {
    if (!cast.some((one) => one.name === name)) continue
    const isThere = async (): Promise<boolean> =>
      (await place.call('teams.ls', {})).teams.some((one) => one.team === team && one.commands >= commands)
    await eventually(isThere, `${name} has the base`, 60_000)
  }
  return stage
}

/** What is done before the sides split, where a side begins at a named command: that one and all before it. */
async function common(stage: Stage, scenario: Scenario, done: Done[]): Promise<readonly Side[]> {
  const [mark] = scenario.sides.flatMap(({ after }) => after)
  if (mark === undefined) return scenario.sides
  const rest: Side[] = []
  for (const [i, { steps }] of scenario.sides.entries()) {
    const end = steps.findIndex((step) => step.mark === mark) + 1
    await together(stage, steps.slice(0, end), i + 1, scenario, done)
    rest.push({ after: [], steps: steps.slice(end) })
  }
  return rest
}

/** One after the other; who is next has seen what was before. */
async function together(
  stage: Stage,
  steps: readonly Step[],
  side: number,
  scenario: Scenario,
  done: Done[],
): Promise<void> {
  for (const step of steps) {
    const before = done.filter((one) => one.side === side && one.command !== undefined).at(-1)?.command
    if (before !== undefined) await has(placeOf(stage, step.author), stage.team, before)
    const times = Math.min(20, Number(step.unusual.map((what) => /^(\d+) times$/.exec(what)?.[1]).find(Boolean) ?? 1))
    for (let n = 1; n <= times; n++) {
      const words = Object.fromEntries(Object.entries(step.words).map(([name, word]) => [name, times === 1 ? word : `${word ?? ''}${String(n)}`])) // prettier-ignore
      const one: { command?: string | undefined } = {}
      const refusal = await codeOf(
        act(stage, { ...step, words }).then((command) => {
          one.command = command
        }),
      )
      done.push({ step, side, command: one.command, refusal: refusal === 'ok' ? undefined : refusal })
      if (refusal !== 'ok' && expectationOf(scenario, step, side).verdict !== 'refused') return
    }
  }
}

async function everybodyHas(stage: Stage, done: readonly Done[]): Promise<void> {
  const members = await membersOf(stage, placeOf(stage, 'O'))
  for (const { command } of done)
    for (const place of stage.places.values())
      if (command !== undefined && members.has(place.device)) await has(place, stage.team, command)
}

async function membersOf({ team }: Stage, place: Place): Promise<Set<string>> {
  const { devices } = await place.call('devices.ls', { team })
  return new Set(devices.map(({ device }) => device))
}

/** Waits until all who are members by their own word hold all that members made, and have one state. Those. */
async function agreed(stage: Stage, scenario: Scenario, done: readonly Done[]): Promise<Place[]> {
  const out = new Set(scenario.facts.flatMap((fact) => /^(\w+) out$/.exec(fact)?.[1] ?? []))
  const witnesses = [...stage.places].filter(([name]) => !out.has(name)).map(([, place]) => place)
  // What somebody wrote whose removal it did not know need not reach anybody: it is void.
  const due = done.filter(({ step, command }) => command !== undefined && !out.has(step.author))
  const isAgreed = async (): Promise<boolean> => {
    const views = await Promise.all(witnesses.map((place) => viewOf(place, stage.team)))
    if (new Set(views.map(({ stateHash, heads }) => `${stateHash} ${heads}`)).size !== 1) return false
    return due.every(({ command = '' }) => views.every(({ commands }) => commands.has(command)))
  }
  await eventually(isAgreed, 'one state on all', agreeMsMax).catch(async () => {
    const views = await Promise.all(witnesses.map(async (place) => [place, await viewOf(place, stage.team)] as const))
    const missing = (commands: ReadonlySet<string>): string[] =>
      due.filter(({ command = '' }) => !commands.has(command)).map(({ step }) => step.text)
    const lines = views.map(([{ name }, { stateHash, commands }]) => `${name} ${stateHash.slice(0, 8)} ${String(commands.size)} commands, without [${missing(commands).join()}]`) // prettier-ignore
    throw new Error(`no one state: ${lines.join('; ')}`)
  })
  return witnesses
}

async function viewOf(place: Place, team: string) {
  const { teams } = await place.call('teams.ls', {})
  const own = teams.find((one) => one.team === team)
  const commands = new Set((await logOf(place, team)).map(({ command }) => command))
  return { stateHash: own?.stateHash ?? '', heads: [...(own?.heads ?? [])].sort().join(), commands }
}

function refusalFaults(scenario: Scenario, { step, side, refusal }: Done): string[] {
  const { verdict, code } = expectationOf(scenario, step, side)
  const should = verdict === 'refused' ? `ERR_TEAM_${code ?? ''}` : undefined
  return refusal === should ? [] : [`${step.text}: ${refusal ?? 'done'}, not ${should ?? 'done'}`]
}

/** What a line says, asked of one daemon. */
async function judge(stage: Stage, scenario: Scenario, done: readonly Done[], witness: Place): Promise<string[]> {
  const seen = await observe(stage, witness)
  const commands: AskedCommand[] = []
  for (const { step, side, command } of done) {
    if (command === undefined) continue
    const expected = expectationOf(scenario, step, side)
    const id = parseId('cmd', command)
    // What never got here is nothing here: that is as good as void.
    if (!seen.verdicts.has(toHex(id)) && expected.verdict === 'void') continue
    commands.push({ step, side, author: step.author, id, expected, bytes: fromHex('') })
  }
  const names: Names = {
    device: (name) => toHex(parseId('dev', idOf(stage, name))),
    peer: (node) => node,
    epoch: (epoch) => stage.epochs.get(epoch) ?? '',
    signingKey: (device, number) => stage.keys.get(`${device} ${String(number)}`) ?? '',
  }
  const faults = await faultsOf({
    built: { scenario: { ...scenario, facts: visibleFacts(scenario) }, commands },
    found: { ...seen, labels: labelsOf(commands, seen) },
    names,
    judge: { name: witness.name, judge: () => Promise.reject(new Error('not asked')) },
    foundOf: () => Promise.reject(new Error('not asked')),
  })
  return faults.map((fault) => `on ${witness.name}: ${fault}`)
}

/** The command behind each label that is there. */
function labelsOf(commands: readonly AskedCommand[], { labels, verdicts }: Found): Map<string, string> {
  const made = commands.filter(
    ({ step, id }) => step.verb === 'createLabel' && verdicts.get(toHex(id))?.verdict === 'effective',
  )
  return new Map([...labels.keys()].map((label) => [label, toHex(made.find(({ step }) => step.words['label'] === label)?.id ?? new Uint8Array())])) // prettier-ignore
}

/** What a daemon says of the team, by its operations alone. */
async function observe({ team }: Stage, place: Place): Promise<Found> {
  const hex = (device: string): string => toHex(parseId('dev', device))
  const [shown, { labels }, { names }, { roles }, { invites }, log] = await Promise.all([
    place.call('teams.show', { team }),
    place.call('labels.ls', { team }),
    place.call('names.ls', { team }),
    place.call('roles.ls', { team }),
    place.call('invites.ls', { team }),
    logOf(place, team),
  ])
  const members = new Map<string, FoundMember>()
  for (const { device, role, generation } of shown.devices) {
    const { signingKeys: signing, encryptionKeys: encryption } = await place.call('devices.show', { team, device })
    const held = labels.flatMap(({ label, devices }) => devices.filter((one) => one.device === device).map(({ op }) => [label, op] as const)) // prettier-ignore
    const networkName = names.find((one) => one.device === device)?.name
    members.set(hex(device), { role, generation, signing, encryption, labels: new Map(held), networkName })
  }
  const gone = new Set(['revoked', 'expired'])
  return {
    isOpen: shown.state === 'open',
    state: shown.stateHash,
    verdicts: new Map(log.map((one) => [toHex(parseId('cmd', one.command)), { verdict: one.verdict, code: one.code ?? undefined }])), // prettier-ignore
    forked: shown.warnings.flatMap((line) => /^Device (\S+) signed two/.exec(line)?.[1] ?? []).map(hex),
    members,
    roles: roles.filter(({ builtin }) => !builtin).map(({ role }) => role),
    labels: new Map(labels.map(({ label }) => [label, ''])),
    invites: new Map(invites.filter(({ status }) => !gone.has(status)).map((one) => [toHex(parseId('inv', one.invite)), one.uses])), // prettier-ignore
    nodes: [],
    barred: [],
    epochs: new Map(),
    sealing: shown.epochs.find(({ sealing }) => sealing)?.epoch,
  }
}
