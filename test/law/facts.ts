import { toHex } from '../../src/codec/index.ts'
import { epochId, peerOf } from './bodies.ts'
import type { Built } from './builder.ts'
import type { Found, FoundMember, Judge } from './found.ts'
import type { Scenario } from './notation.ts'
import { deviceOf, firstRing, signingKey } from './sight.ts'

/** What the names of a scenario stand for. Hex, but for the PeerId. */
export interface Names {
  readonly device: (name: string) => string
  readonly peer: (node: string) => string
  readonly epoch: (epoch: string) => string
  readonly signingKey: (device: string, number: number) => string
}

/** In scenarios that are signed here every name has its keys. */
export const signedNames: Names = {
  device: (name) => toHex(deviceOf(name).idBytes),
  peer: peerOf,
  epoch: (epoch) => toHex(epochId(epoch)),
  signingKey: (device, number) => toHex(signingKey(device, number).publicKey),
}

/** A command of a scenario, wherever it was signed. */
export type AskedCommand = Pick<Built, 'step' | 'side' | 'author' | 'id' | 'expected' | 'bytes'>

/** Everything that is asked about one scenario as one judge sees it. */
export interface Asked {
  readonly built: { readonly scenario: Scenario; readonly commands: readonly AskedCommand[] }
  readonly found: Found
  readonly names: Names
  readonly judge: Judge
  /** What the same judge finds of another scenario of the file. */
  readonly foundOf: (id: string) => Promise<Found>
}

/** What is not as the line says, in words; empty where all is. */
export async function faultsOf(given: Omit<Asked, 'names'> & { readonly names?: Names }): Promise<string[]> {
  const asked: Asked = { names: signedNames, ...given }
  const faults = [...verdictFaults(asked), ...forkFaults(asked)]
  for (const fact of asked.built.scenario.facts) {
    const fault = await faultOf(asked, fact)
    if (fault !== undefined) faults.push(`${fact}: ${fault}`)
  }
  return faults
}

function verdictFaults({ built, found }: Asked): string[] {
  const unsure = built.scenario.facts.flatMap((fact) => /^smaller id of (#\w+) (#\w+)/.exec(fact)?.slice(1) ?? [])
  return built.commands.flatMap(({ step, id, expected }) => {
    if (step.mark !== undefined && unsure.includes(step.mark)) return []
    const { verdict, code } = found.verdicts.get(toHex(id)) ?? { verdict: 'unknown' }
    const is = [verdict, ...(verdict === 'void' ? [] : [code?.replace('ERR_TEAM_', '')])].filter(Boolean).join(' ')
    const should = [expected.verdict, expected.code].filter(Boolean).join(' ')
    return is === should ? [] : [`${step.text} is ${is}, not ${should}`]
  })
}

/** A device of which the line does not say that it forked itself has not. */
function forkFaults({ built, found, names: known }: Asked): string[] {
  const said = built.scenario.facts.flatMap((fact) => /^(\w+) forked$/.exec(fact)?.[1] ?? [])
  const names = new Map(built.commands.map(({ author }) => [known.device(author), author]))
  const forked = found.forked.map((device) => names.get(device) ?? device)
  return [
    ...said.filter((name) => !forked.includes(name)).map((name) => `${name} has not forked itself`),
    ...forked.filter((name) => !said.includes(name)).map((name) => `${name} forked itself`),
  ]
}

type Answer = string | undefined | Promise<string | undefined>
type Question = (asked: Asked, ...words: readonly string[]) => Answer

async function faultOf(asked: Asked, fact: string): Promise<string | undefined> {
  for (const [pattern, ask] of questions) {
    const words = pattern.exec(fact)
    if (words !== null) return ask(asked, ...words.slice(1))
  }
  throw new Error(`no such fact: ${fact}`)
}

function unless(is: boolean, otherwise = 'it is not so'): string | undefined {
  return is ? undefined : otherwise
}

const questions: readonly (readonly [RegExp, Question])[] = [
  [/^open$/, ({ found }) => unless(found.isOpen)],
  [/^closed$/, ({ found }) => unless(!found.isOpen)],
  [/^(\w+) out$/, (asked, name) => unless(member(asked, name) === undefined)],
  [/^\w+ forked$/, () => undefined],
  [
    /^smaller id of (#\w+) (#\w+) stands$/,
    ({ built, found }, ...marks) => {
      const [first, second] = marks
        .map((mark) => marked(built, mark))
        .sort((a, b) => (toHex(a.id) < toHex(b.id) ? -1 : 1))
      return unless(is(found, first, 'effective') && is(found, second, 'void'))
    },
  ],
  [
    /^side (\d) changes nothing$/,
    async ({ built, found, judge }, side) => {
      const others = built.commands.filter((command) => command.side !== Number(side))
      const without = await judge.judge(others.map(({ bytes }) => bytes))
      return unless(without.state === found.state)
    },
  ],
  [/^same state as (\w+)$/, async ({ found, foundOf }, id = '') => unless((await foundOf(id)).state === found.state)],
  [
    /^without (#\w+) the rest waits$/,
    async ({ built, judge }, mark = '') => {
      const missing = marked(built, mark)
      const others = built.commands.filter((command) => command !== missing)
      const found = await judge.judge(others.map(({ bytes }) => bytes))
      const later = built.commands.slice(built.commands.indexOf(missing) + 1)
      return unless(later.every((command) => !is(found, command, 'effective')))
    },
  ],
  [/^role (\S+)$/, ({ found }, role = '') => unless(found.roles.includes(role))],
  [/^no role (\S+)$/, ({ found }, role = '') => unless(!found.roles.includes(role))],
  [/^no label (\S+)$/, ({ found }, label = '') => unless(!found.labels.has(label))],
  [/^no invite (\S+)$/, ({ built, found }, invite) => unless(inviteUses(built, found, invite) === undefined)],
  [
    /^invite (\S+) used (\d+)$/,
    ({ built, found }, invite, uses) => unless(inviteUses(built, found, invite) === Number(uses)),
  ],
  [
    /^label (\S+) of (\w+)$/,
    ({ built, found }, label = '', author = '') => {
      const { id } = commandOf(built, ({ step }) => step.verb === 'createLabel' && step.author === author)
      return unless(found.labels.get(label) === toHex(id))
    },
  ],
  [/^label (\S+) not on (\w+)$/, (asked, label = '', name) => unless(member(asked, name)?.labels.has(label) !== true)],
  [
    /^label (\S+) on (\w+) (send|recv|send-recv)$/,
    (asked, label = '', name, op) => unless(member(asked, name)?.labels.get(label) === op),
  ],
  [/^name (\S+) on (\w+)$/, (asked, name, device) => unless(member(asked, device)?.networkName === name)],
  [/^(\w+) without name$/, (asked, name) => unless(member(asked, name)?.networkName === undefined)],
  [
    /^(\w+) holds bundle (\d)$/,
    (asked, name = '', bundle) => {
      const ring = firstRing(name, Number(bundle))
      const { signing, encryption } = member(asked, name) ?? { signing: [], encryption: [] }
      const hexes = [...ring.signing.map(({ publicKey }) => publicKey), ...ring.encryption].map(toHex)
      return unless(hexes.join() === [...signing, ...encryption].join())
    },
  ],
  [/^(\w+) holds key (\d)$/, (asked, name, number) => unless(holdsKey(asked, name, number))],
  [/^(\w+) without key (\d)$/, (asked, name, number) => unless(!holdsKey(asked, name, number))],
  [
    /^epoch (\S+) for (.+)$/,
    ({ found, names }, epoch = '', list = '') => {
      const devices = list.split(', ').map(names.device).sort()
      return unless([...(found.epochs.get(names.epoch(epoch)) ?? [])].sort().join() === devices.join())
    },
  ],
  [/^sealing under (\S+)$/, ({ found, names }, epoch = '') => unless(found.sealing === names.epoch(epoch))],
  [/^rotation pending$/, ({ found }) => unless(found.sealing === undefined)],
  [/^node (\S+) barred$/, ({ found, names }, node = '') => unless(found.barred.includes(names.peer(node)))],
  [/^node (\S+) listed$/, ({ found, names }, node = '') => unless(found.nodes.includes(names.peer(node)))],
  [
    /^(\w+) (\S+?)(?: gen (\d+))?$/,
    (asked, name, role, generation = '') => {
      const { role: held, generation: gen } = member(asked, name) ?? { role: 'no member', generation: -1 }
      if (held !== role) return held
      return unless(generation === '' || gen === Number(generation), `generation ${String(gen)}`)
    },
  ],
]

function member({ found, names }: Asked, name = ''): FoundMember | undefined {
  return found.members.get(names.device(name))
}

function holdsKey(asked: Asked, name = '', number = ''): boolean {
  return member(asked, name)?.signing.includes(asked.names.signingKey(name, Number(number))) === true
}

function commandOf(built: Asked['built'], is: (command: AskedCommand) => boolean): AskedCommand {
  const command = built.commands.find(is)
  if (command === undefined) throw new Error('the line speaks of what it does not do')
  return command
}

function marked(built: Asked['built'], mark = ''): AskedCommand {
  return commandOf(built, ({ step }) => step.mark === mark)
}

function is(found: Found, command: AskedCommand | undefined, verdict: string): boolean {
  return command !== undefined && found.verdicts.get(toHex(command.id))?.verdict === verdict
}

function inviteUses(built: Asked['built'], found: Found, invite = ''): number | undefined {
  const made = built.commands.find(({ step }) => step.verb === 'createInvite' && step.words['invite'] === invite)
  return made === undefined ? undefined : found.invites.get(toHex(made.id))
}
