import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Terminal } from '../../src/cli/terminal.ts'

export interface TerminalScript {
  readonly environment?: Record<string, string>
  /** What a person types, line by line; `undefined` is the end of input or Ctrl-C. Absent: nobody is there. */
  readonly answers?: readonly (string | undefined)[]
  readonly input?: string
  readonly columns?: number
}

/** A terminal whose person is a list of answers, with a config directory of its own. */
export function scriptTerminal(script: TerminalScript = {}) {
  const config = script.environment?.['AX_CONFIG_DIR'] ?? mkdtempSync(join(tmpdir(), 'hyrax-ax-'))
  const answers = [...(script.answers ?? [])]
  const out: string[] = []
  const error: string[] = []
  const ask = async (question: string) => {
    error.push(question)
    return answers.shift()
  }
  const terminal: Terminal = {
    environment: { HOME: config, AX_CONFIG_DIR: config, AX_DATA_DIR: config, ...script.environment },
    interactive: script.answers !== undefined,
    columns: script.columns,
    colors: { stdout: false, stderr: false },
    writeOut: (text) => void out.push(text),
    writeError: (text) => void error.push(text),
    ask,
    askSecret: ask,
    readInput: async () => new TextEncoder().encode(script.input ?? ''),
  }
  return {
    terminal,
    config,
    get out() {
      return out.join('')
    },
    get error() {
      return error.join('')
    },
    /** Answers that nobody asked for. */
    left: answers,
  }
}
