// Loaded with --import: writes the address of every module that is loaded to the file $LOADS.
import { appendFileSync } from 'node:fs'
import { register } from 'node:module'

const hooks = `
import { appendFileSync } from 'node:fs'
export async function load(url, context, next) {
  appendFileSync(process.env.LOADS, url + '\\n')
  return next(url, context)
}`

register(`data:text/javascript,${encodeURIComponent(hooks)}`)
appendFileSync(process.env.LOADS, '')
