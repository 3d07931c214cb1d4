import { toHex } from '../../src/codec/index.ts'
import { epochId, peerOf } from './bodies.ts'
import type { Built, BuiltScenario } from './builder.ts'
import type { Found, FoundMember, Judge } from './found.ts'
import { deviceOf, firstRing, signingKey } from './sight.ts'

/** Everything that is asked about one scenario as one judge sees it. */
export interface Asked {
  readonly built: BuiltScenario
  readonly found: Found
  readonly judge: Judge
  /** What the same judge finds of another scenario of the file. */
  readonly foundOf: (id: string) => Promise<Found>
}

/** What is not as the line says, in words; empty where all is. */
export async function faultsOf(asked: Asked): Promise<string[]> {
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
function forkFaults({ built, found }: Asked): string[] {
  const said = built.scenario.facts.flatMap((fact) => /^(\w+) forked$/.exec(fact)?.[1] ?? [])
  const names = new Map(built.commands.map(({ author }) => [hexOf(author), author]))
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
  [/^(\w+) out$/, ({ found }, name) => unless(member(found, name) === undefined)],
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
  [
    /^label (\S+) not on (\w+)$/,
    ({ found }, label = '', name) => unless(member(found, name)?.labels.has(label) !== true),
  ],
  [
    /^label (\S+) on (\w+) (send|recv|send-recv)$/,
    ({ found }, label = '', name, op) => unless(member(found, name)?.labels.get(label) === op),
  ],
  [/^name (\S+) on (\w+)$/, ({ found }, name, device) => unless(member(found, device)?.networkName === name)],
  [/^(\w+) without name$/, ({ found }, name) => unless(member(found, name)?.networkName === undefined)],
  [
    /^(\w+) holds bundle (\d)$/,
    ({ found }, name = '', bundle) => {
      const ring = firstRing(name, Number(bundle))
      const { signing, encryption } = member(found, name) ?? { signing: [], encryption: [] }
      const hexes = [...ring.signing.map(({ publicKey }) => publicKey), ...ring.encryption].map(toHex)
      return unless(hexes.join() === [...signing, ...encryption].join())
    },
  ],
  [/^(\w+) holds key (\d)$/, ({ found }, name, number) => unless(holdsKey(found, name, number))],
  [/^(\w+) without key (\d)$/, ({ found }, name, number) => unless(!holdsKey(found, name, number))],
  [
    /^epoch (\S+) for (.+)$/,
    ({ found }, epoch = '', names = '') => {
      const devices = names.split(', ').map(hexOf).sort()
      return unless([...(found.epochs.get(toHex(epochId(epoch))) ?? [])].sort().join() === devices.join())
    },
  ],
  [/^sealing under (\S+)$/, ({ found }, epoch = '') => unless(found.sealing === toHex(epochId(epoch)))],
  [/^rotation pending$/, ({ found }) => unless(found.sealing === undefined)],
  [/^node (\S+) barred$/, ({ found }, node = '') => unless(found.barred.includes(peerOf(node)))],
  [/^node (\S+) listed$/, ({ found }, node = '') => unless(found.nodes.includes(peerOf(node)))],
  [
    /^(\w+) (\S+?)(?: gen (\d+))?$/,
    ({ found }, name, role, generation = '') => {
      const { role: held, generation: gen } = member(found, name) ?? { role: 'no member', generation: -1 }
      if (held !== role) return held
      return unless(generation === '' || gen === Number(generation), `generation ${String(gen)}`)
    },
  ],
]

function hexOf(name: string): string {
  return toHex(deviceOf(name).idBytes)
}

function member(found: Found, name = ''): FoundMember | undefined {
  return found.members.get(hexOf(name))
}

function holdsKey(found: Found, name = '', number = ''): boolean {
  return member(found, name)?.signing.includes(toHex(signingKey(name, Number(number)).publicKey)) === true
}

function commandOf(built: BuiltScenario, is: (command: Built) => boolean): Built {
  const command = built.commands.find(is)
  if (command === undefined) throw new Error('the line speaks of what it does not do')
  return command
}

function marked(built: BuiltScenario, mark = ''): Built {
  return commandOf(built, ({ step }) => step.mark === mark)
}

function is(found: Found, command: Built | undefined, verdict: string): boolean {
  return command !== undefined && found.verdicts.get(toHex(command.id))?.verdict === verdict
}

function inviteUses(built: BuiltScenario, found: Found, invite = ''): number | undefined {
  const { id } = commandOf(built, ({ step }) => step.verb === 'createInvite' && step.words['invite'] === invite)
  return found.invites.get(toHex(id))
}
