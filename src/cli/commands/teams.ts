import type { OperationOutput } from '../../operations/index.ts'
import type { Input, Leaf } from '../grammar.ts'
import { fields, parts, table, text, type Outcome, type View } from '../outcome.ts'
import { shortTime } from '../phrases.ts'
import type { Session } from '../session.ts'
import { devicesView } from './devices.ts'

type Team = OperationOutput<'teams.ls'>['teams'][number]

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
      { flags: '--why', summary: 'also what was refused, and by which rule' },
      { flags: '--last <number>', summary: 'only the last ones' },
    ],
    example: 'ax teams log --last 20',
    run: showLog,
  },
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
    view: parts(aboutTeam(team), devicesView(team.devices)),
    names: [team.team],
    notices: team.warnings.map((warning) => `Warning: ${warning}`),
  }
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

async function showLog(session: Session, input: Input): Promise<Outcome> {
  const last = input.optional('last')
  const answer = await session.call('teams.log', {
    ...teamOf(session, input),
    ...(last === undefined ? {} : { last: Number(last) }),
  })
  const why = input.flag('why')
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
  return {
    result: answer,
    view: table(head, rows, { empty: 'no commands', wide: why ? ['DEPTH', 'PARENTS'] : ['CODE', 'DEPTH', 'PARENTS'] }),
    names: answer.commands.map(({ command }) => command),
  }
}
