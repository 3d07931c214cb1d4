import { readdirSync, readFileSync } from 'node:fs'
import { connect } from 'node:net'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { hasScript, isBuilt, Stage } from './stage.ts'
import { difference, echoed, fillIn, parseTranscript, typedIn, type CommandStep, type Step } from './transcript.ts'

const files = readdirSync(import.meta.dirname).filter((name) => name.endsWith('.txt'))
if (!isBuilt) console.log('skipped: transcripts of ax (build it first: npm run build)')
if (!hasScript) console.log('skipped: transcripts that need a terminal (no script(1) here)')

/** Transcripts that show the seed's own port numbers cannot run where something uses these. */
const fixedPorts = [4457, 4458]
const portsAreFree = !(await Promise.all(fixedPorts.map(isUsed))).includes(true)
if (!portsAreFree) console.log('skipped: transcripts on ports 4457 and 4458 (in use)')

describe.skipIf(!isBuilt)('transcripts', () => {
  for (const file of files) {
    const steps = parseTranscript(readFileSync(path.join(import.meta.dirname, file), 'utf8'))
    it.skipIf(mustSkip(steps))(file, { timeout: 120_000 }, () => play(file, steps))
  }
})

function mustSkip(steps: readonly Step[]): boolean {
  const needsTerminal = steps.some((step) => step.kind === 'command' && step.tty)
  const needsPorts = steps.some((step) => step.kind === 'node' && / 4458\b/.test(step.options))
  return (needsTerminal && !hasScript) || (needsPorts && !portsAreFree)
}

async function play(file: string, steps: readonly Step[]): Promise<void> {
  const stage = new Stage()
  const known = new Map([['home', path.join(stage.directory, 'home')]])
  try {
    for (const step of steps) {
      if (step.kind === 'node') {
        for (const [name, value] of await stage.startNode(step.name, fillIn(step.options, known)))
          known.set(name, value)
      } else if (step.kind === 'stop') {
        await stage.stopNode(step.name)
      } else {
        await playCommand(file, step, stage, known)
      }
    }
  } finally {
    await stage.close()
  }
}

async function playCommand(file: string, step: CommandStep, stage: Stage, known: Map<string, string>): Promise<void> {
  const command = fillIn(step.command, known)
  const answers = typedIn(step.output).map((answer) => fillIn(answer, known))
  const ran = step.tty ? await stage.runTyped(command, answers) : await stage.run(command)
  const where = `${file}:${String(step.line)} $ ${command}`
  const wrong =
    difference(step.output.map(echoed), linesOf(ran.stdout), known) ??
    difference(step.errors, linesOf(ran.stderr), known)
  if (wrong !== undefined) expect.fail(`${where}\n${wrong}\n${ran.stderr}`)
  expect(ran.status, `${where}\n${ran.stdout}${ran.stderr}`).toBe(step.status)
}

function linesOf(text: string): string[] {
  return text === '' ? [] : text.replace(/\n$/, '').split('\n')
}

function isUsed(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port })
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}
