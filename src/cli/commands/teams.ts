import type { OperationOutput } from '../../operations/index.ts'
import type { Input, Leaf } from '../grammar.ts'
import { fields, parts, table, text, type Outcome, type View } from '../outcome.ts'
import { shortTime } from '../phrases.ts'
import type { Session } from '../session.ts'
import { rotateKeyLeaf } from './device-keys.ts'
import { devicesView } from './devices.ts'
import { graphDot, graphText } from './team-graph.ts'

type Team = OperationOutput<'teams.ls'>['teams'][number]
type Log = OperationOutput<'teams.log'>

const exampleTeam = 'team_bexampleexampleexampleexampleexampleexampleexamplea'

export const teamsLeaves: readonly Leaf[] = [
  {
    verb: 'create',
    arguments: '[name]',
    summary: 'Makes a new team, owned by this device.',
    options: [
      { flags: '--name <name>', summary: 'name of the team (team)' },
      { flags: '--device-name <name>', summary: "name of this device in it (the node's name)" },
    ],
    example: 'ax teams create north --device-name hub',
    run: createTeam,
  },
  {
    verb: 'close',
    arguments: '[team]',
    summary: 'Closes a team for good: no command is accepted after it.',
    options: [{ flags: '--reason <text>', summary: 'kept in the command, for everybody to read' }],
    example: 'ax teams close north --yes',
    exits: { 10: "the team's law refuses", 12: 'nobody to ask: add --yes' },
    run: closeTeam,
  },
  {
    verb: 'add',
    arguments: '<team>',
    summary: 'Starts keeping an existing team; sync fills it.',
    example: `ax teams add ${exampleTeam}`,
    run: addTeam,
  },
  {
    verb: 'remove',
    arguments: '<team>',
    summary: 'Deletes the local copy of a team. It does not leave the team.',
    example: 'ax teams remove north --yes',
    exits: { 12: 'nobody to ask: add --yes' },
    run: removeTeam,
  },
  {
    verb: 'ls',
    arguments: '[node]',
    summary: 'The teams this node keeps.',
    example: 'ax teams ls',
    run: listTeams,
  },
  {
    verb: 'show',
    arguments: '[team]',
    summary: 'One team: devices, roles, heads, state hash.',
    example: 'ax teams show',
    run: showTeam,
  },
  {
    verb: 'log',
    arguments: '[team]',
    summary: 'The commands of a team, oldest first.',
    options: [
      { flags: '--why', summary: 'also, for each command without effect, the reason in one sentence' },
      { flags: '--last <number>', summary: 'only the last ones' },
    ],
    example: 'ax teams log --last 20',
    run: showLog,
  },
  {
    verb: 'graph',
    arguments: '[team]',
    summary: 'The graph of commands, newest first; * has its effect, o was recalled, x is void.',
    options: [
      { flags: '--dot', summary: 'for Graphviz' },
      { flags: '--last <number>', summary: 'only the last ones' },
    ],
    example: 'ax teams graph --last 50',
    run: showGraph,
  },
  {
    verb: 'verify',
    arguments: '[team]',
    summary: 'Reads all commands from the disk again, verifies each signature, and computes the state anew.',
    example: 'ax teams verify',
    exits: { 11: 'the commands on the disk do not give the state that runs' },
    run: verifyTeam,
  },
  rotateKeyLeaf,
]

/** The team as typed behind the verb or with `--team`; undefined where the node keeps only one. */
export function teamOf(session: Session, input: Input): { team?: string } {
  const team = input.optional('team') ?? session.settled.team
  return team === undefined ? {} : { team }
}

async function createTeam(session: Session, input: Input): Promise<Outcome> {
  const name = input.optional('name')
  const deviceName = input.optional('deviceName')
  const made = await session.call('teams.create', {
    ...(name === undefined ? {} : { name }),
    ...(deviceName === undefined ? {} : { deviceName }),
  })
  return { result: made, view: fields({ Team: made.team, Name: made.name, Device: made.device }), names: [made.team] }
}

async function closeTeam(session: Session, input: Input): Promise<Outcome> {
  const named = teamOf(session, input)
  const { team, name } = await session.call('teams.show', named)
  await session.confirm(`Close team ${name === '' ? team : name} for good? No command is accepted after it.`)
  const reason = input.optional('reason')
  const result = await session.call('teams.close', {
    team,
    force: session.settled.force,
    ...(reason === undefined ? {} : { reason }),
  })
  return { result, view: text(`Closed ${result.team}.`), names: [result.command] }
}

async function addTeam(session: Session, input: Input): Promise<Outcome> {
  const result = await session.call('teams.add', { team: input.text('team') })
  const sentence = result.added ? `Added ${result.team}. Sync fills it.` : `${result.team} is kept here already.`
  return { result, view: text(sentence), names: [result.team] }
}

async function removeTeam(session: Session, input: Input): Promise<Outcome> {
  const team = input.text('team')
  await session.confirm(`Delete this node's copy of ${team}?`)
  const result = await session.call('teams.remove', { team, force: session.settled.force })
  const sentence = result.removed ? `Removed the local copy of ${result.team}.` : `${result.team} is not kept here.`
  return { result, view: text(sentence), names: [result.team] }
}

async function listTeams(session: Session, input: Input): Promise<Outcome> {
  const answer = await session.call('teams.ls', {}, input.optional('node'))
  const head = ['TEAM', 'NAME', 'STATE', 'ROLE', 'DEVICES', 'COMMANDS', 'STATE HASH']
  const rows = answer.teams.map((team) => [
    team.team,
    team.name,
    team.state,
    team.role,
    team.members,
    team.commands,
    team.stateHash,
  ])
  return {
    result: answer,
    view: table(head, rows, { empty: 'no teams', wide: ['STATE HASH'] }),
    names: answer.teams.map(({ team }) => team),
    notices: answer.teams.flatMap((team) => team.warnings.map((warning) => `Warning: ${warning}`)),
  }
}

async function showTeam(session: Session, input: Input): Promise<Outcome> {
  const team = await session.call('teams.show', teamOf(session, input))
  return {
    result: team,
    view: parts(aboutTeam(team), devicesView(team.devices), ...epochsView(team)),
    names: [team.team],
    notices: team.warnings.map((warning) => `Warning: ${warning}`),
  }
}

/** Epochs, the newest last; nothing where the team has none and needs none. */
function epochsView({ epochs, rotationPending }: OperationOutput<'teams.show'>): View[] {
  if (epochs.length === 0 && !rotationPending) return []
  const head = ['EPOCH', 'SEALS', 'READABLE HERE', 'RECIPIENTS']
  const rows = epochs.map(({ epoch, sealing, readable, recipients }) => [epoch, sealing, readable, recipients])
  return [table(head, rows, { empty: 'no epoch: a rotation is due' })]
}

function aboutTeam(team: Team): View {
  return fields({
    Team: team.team,
    Name: team.name,
    State: team.state,
    'Our role': team.role,
    Devices: team.members,
    Commands: team.commands,
    'State hash': team.stateHash,
    Heads: team.heads.join('\n'),
  })
}

/** The whole log, in as many answers as it takes. */
async function askLog(session: Session, input: Input): Promise<Log> {
  const last = input.optional('last')
  const team = teamOf(session, input)
  const first = await session.call('teams.log', { ...team, ...(last === undefined ? {} : { last: Number(last) }) })
  const commands = [...first.commands]
  for (let { next } = first; next !== null;) {
    const more = await session.call('teams.log', { ...team, from: next })
    commands.push(...more.commands)
    next = more.next
  }
  return { team: first.team, next: null, commands }
}

async function showLog(session: Session, input: Input): Promise<Outcome> {
  const answer = await askLog(session, input)
  const head = ['COMMAND', 'AT', 'AUTHOR', 'WHAT', 'VERDICT', 'CODE', 'DEPTH', 'PARENTS']
  const rows = answer.commands.map((command) => [
    command.command,
    shortTime(command.at),
    command.authorName === '' ? command.author : command.authorName,
    command.summary === '' ? command.kind : command.summary,
    command.verdict,
    command.code,
    command.depth,
    command.parents.join(' '),
  ])
  const log = table(head, rows, { empty: 'no commands', wide: ['CODE', 'DEPTH', 'PARENTS'] })
  return {
    result: answer,
    view: input.flag('why') ? parts(log, reasons(answer)) : log,
    names: answer.commands.map(({ command }) => command),
  }
}

/** One sentence for each command without effect. */
function reasons({ commands }: Log): View {
  const lines = commands.flatMap(({ command, verdict, why }) =>
    why === null ? [] : [`${command} is ${verdict}. ${why}`],
  )
  return text(lines.length === 0 ? 'Every command has its effect.' : lines.join('\n'))
}

async function showGraph(session: Session, input: Input): Promise<Outcome> {
  const answer = await askLog(session, input)
  const drawn = input.flag('dot') ? graphDot(answer.team, answer.commands) : graphText(answer.commands)
  return { result: answer, view: text(drawn), names: answer.commands.map(({ command }) => command) }
}

async function verifyTeam(session: Session, input: Input): Promise<Outcome> {
  const result = await session.call('teams.verify', teamOf(session, input))
  return {
    result,
    view: fields({
      Team: result.team,
      Commands: result.commands,
      'Signatures and keys': result.checks,
      'State hash': result.stateHash,
      'Slow rules': result.byReference ? 'the same' : 'not asked: too many commands',
    }),
    names: [result.stateHash],
  }
}
