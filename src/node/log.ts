import { pino } from 'pino'
import { limits, type Log } from '../base/index.ts'

const levels = { TRACE: 'trace', DEBUG: 'debug', INFO: 'info', WARN: 'warn', ERROR: 'error', FATAL: 'fatal' } as const

/** A log whose level can be changed while it runs. */
export interface NodeLog extends Log {
  setLevel(level: string): void
}

/**
 * Lines on stderr: JSON through pino, or one short line a person can read. Values are data, never parts of a format;
 * a line is cut at `limits.logLineBytesMax`.
 */
export function createLog(format: 'text' | 'json', level: string): NodeLog {
  const sink = format === 'json' ? pino({ base: null }, pino.destination({ dest: 2, sync: true })) : undefined
  let threshold = rank(level)
  const write = (name: keyof typeof ranks, event: string, data: Record<string, unknown> | undefined): void => {
    if (ranks[name] < threshold) return
    if (sink === undefined) process.stderr.write(textLine(name, event, data))
    else sink[name === 'trace' ? 'debug' : name]({ ...shorten(data) }, event)
  }
  return {
    debug: (event, data) => {
      write('debug', event, data)
    },
    info: (event, data) => {
      write('info', event, data)
    },
    warn: (event, data) => {
      write('warn', event, data)
    },
    error: (event, data) => {
      write('error', event, data)
    },
    setLevel: (next) => {
      threshold = rank(next)
      if (sink !== undefined) sink.level = 'trace'
    },
  }
}

const ranks = { trace: 10, debug: 20, info: 30, warn: 40, error: 50, fatal: 60 } as const

function rank(level: string): number {
  const name = level.toUpperCase()
  return Object.hasOwn(levels, name) ? ranks[levels[name as keyof typeof levels]] : ranks.info
}

function shorten(data: Record<string, unknown> | undefined): Record<string, unknown> {
  return Object.fromEntries(Object.entries(data ?? {}).map(([name, value]) => [name, plain(value)]))
}

function plain(value: unknown): unknown {
  if (value instanceof Error) return value.message
  return typeof value === 'string' && value.length > limits.logLineBytesMax
    ? value.slice(0, limits.logLineBytesMax)
    : value
}

function textLine(level: string, event: string, data: Record<string, unknown> | undefined): string {
  // JSON.stringify escapes control characters and line ends: one event stays one line.
  const values = Object.entries(shorten(data)).map(([name, value]) => ` ${name}=${JSON.stringify(value ?? null)}`)
  const line = `${new Date().toISOString()} ${level.toUpperCase().padEnd(5)} ${event}${values.join('')}`
  return `${line.replace(/[\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, '?').slice(0, limits.logLineBytesMax)}\n`
}
