/* Written by scripts/messages from dask_hpc/messages.json: change that. */
import type { TranslationBundle } from '@jupyterlab/translation';

/** The template of a message in the user's language, and the kind of each parameter. */
export interface ITemplate {
  text: (trans: TranslationBundle, count: number) => string;
  kinds: Readonly<Record<string, string>>;
  /** The parameter that decides between singular and plural. */
  by?: string;
}

export const CATALOGUE = {
  'text': {
    text: trans => trans.__("{text}"),
    kinds: { text: 'text' }
  },
  'text.followed': {
    text: trans => trans.__("{first} {next}"),
    kinds: { first: 'message', next: 'message' }
  },
  'request.too-large': {
    text: trans => trans.__("The request is larger than {maximum}."),
    kinds: { maximum: 'bytes' }
  },
  'request.not-json': {
    text: trans => trans.__("The request is not JSON: {detail}."),
    kinds: { detail: 'text' }
  },
  'request.duplicate-key': {
    text: trans => trans.__("The request contains the key {key} twice."),
    kinds: { key: 'text' }
  },
  'request.not-a-number': {
    text: trans => trans.__("The request contains {word}, which is not a number."),
    kinds: { word: 'text' }
  },
  'request.not-object': {
    text: trans => trans.__("The request is not a JSON object."),
    kinds: {}
  },
  'request.log-in-first': {
    text: trans => trans.__("Log in first."),
    kinds: {}
  },
  'request.status': {
    text: trans => trans.__("{status}"),
    kinds: { status: 'text' }
  },
  'server.internal-error': {
    text: trans => trans.__("Internal error of the notebook server; see its log."),
    kinds: {}
  },
  'json.comment': {
    text: trans => trans.__("JSON has no comments. Remove this one."),
    kinds: {}
  },
  'json.trailing-comma': {
    text: trans => trans.__("Remove this comma: nothing follows it before the {closing}."),
    kinds: { closing: 'text' }
  },
  'json.double-comma': {
    text: trans => trans.__("Remove this comma: there is nothing before it."),
    kinds: {}
  },
  'json.missing-comma': {
    text: trans => trans.__("A comma is missing here."),
    kinds: {}
  },
  'json.single-quotes': {
    text: trans => trans.__("Use double quotes."),
    kinds: {}
  },
  'json.key-without-quotes': {
    text: trans => trans.__("Write the key in double quotes: \"{key}\"."),
    kinds: { key: 'text' }
  },
  'json.text-without-quotes': {
    text: trans => trans.__("Write the text in double quotes: \"{text}\"."),
    kinds: { text: 'text' }
  },
  'json.other-word': {
    text: trans => trans.__("Write {instead} instead of {word}."),
    kinds: { instead: 'text', word: 'text' }
  },
  'json.duplicate-key': {
    text: trans => trans.__("The key {key} is in line {line} already. Remove one of them."),
    kinds: { key: 'text', line: 'number' }
  },
  'json.equals-sign': {
    text: trans => trans.__("Write a colon between key and value."),
    kinds: {}
  },
  'json.no-colon': {
    text: trans => trans.__("A colon is missing after the key {key}."),
    kinds: { key: 'text' }
  },
  'json.not-closed': {
    text: trans => trans.__("This {bracket} is never closed. Add the {closing} that belongs to it."),
    kinds: { bracket: 'text', closing: 'text' }
  },
  'json.text-not-closed': {
    text: trans => trans.__("This text has no closing quote in its line."),
    kinds: {}
  },
  'json.backslash': {
    text: trans => trans.__("A backslash begins a special character. Write two of them for one."),
    kinds: {}
  },
  'json.unexpected': {
    text: trans => trans.__("The character {character} does not belong here."),
    kinds: { character: 'text' }
  },
  'json.ends-early': {
    text: trans => trans.__("The file ends before the value that belongs here."),
    kinds: {}
  },
  'json.after-end': {
    text: trans => trans.__("There is more text after the end of the value. Remove it."),
    kinds: {}
  },
  'json.too-deep': {
    text: trans => trans.__("There are too many brackets in each other."),
    kinds: {}
  },
  'json.not-utf-8': {
    text: trans => trans.__("This character is not encoded in UTF-8. Save the file as UTF-8."),
    kinds: {}
  },
  'json.byte-order-mark': {
    text: trans => trans.__("The file begins with a byte order mark. Save it as UTF-8 without one."),
    kinds: {}
  },
  'profile.unknown-key': {
    text: trans => trans.__("There is no key {key} here. The keys are {keys}."),
    kinds: { key: 'text', keys: 'list' }
  },
  'profile.did-you-mean': {
    text: trans => trans.__("There is no key {key} here. Did you mean {guess}?"),
    kinds: { key: 'text', guess: 'text' }
  },
  'profile.key-of-other-part': {
    text: trans => trans.__("The key {key} does not belong here, but to {parts}."),
    kinds: { key: 'text', parts: 'or' }
  },
  'profile.missing-key': {
    text: trans => trans.__("The key {key} is missing. Add it."),
    kinds: { key: 'text' }
  },
  'profile.not-object': {
    text: trans => trans.__("Write an object with the keys {keys}."),
    kinds: { keys: 'list' }
  },
  'profile.not-object-of-texts': {
    text: trans => trans.__("Write an object: a text for each name."),
    kinds: {}
  },
  'profile.not-list': {
    text: trans => trans.__("Write a list, one item for each: {example}."),
    kinds: { example: 'text' }
  },
  'profile.not-text': {
    text: trans => trans.__("Write a text in double quotes."),
    kinds: {}
  },
  'profile.not-boolean': {
    text: trans => trans.__("Write true or false, without quotes."),
    kinds: {}
  },
  'profile.not-whole-number': {
    text: trans => trans.__("Write a whole number, without quotes."),
    kinds: {}
  },
  'profile.not-offered': {
    text: trans => trans.__("Write {offered}."),
    kinds: { offered: 'text' }
  },
  'profile.empty': {
    text: trans => trans.__("This is empty. Write something, or remove the key."),
    kinds: {}
  },
  'profile.pattern': {
    text: trans => trans.__("Some characters are not allowed here, or there are too many: {pattern}."),
    kinds: { pattern: 'text' }
  },
  'profile.no-batch-system': {
    text: trans => trans.__("There is no batch system {batch}. Write {known}."),
    kinds: { batch: 'text', known: 'or' }
  },
  'profile.placeholder': {
    text: trans => trans.__("Nothing replaces {key}. Write {known}, or the value itself."),
    kinds: { key: 'text', known: 'or' }
  },
  'profile.time-without-unit': {
    text: trans => trans.__("{value} has no unit: Slurm reads minutes, others seconds. Write {value}m, {value}s or 02:00:00."),
    kinds: { value: 'text' }
  },
  'profile.time-ambiguous': {
    text: trans => trans.__("{value} may be hours and minutes, or minutes and seconds. Write {larger} or {smaller}."),
    kinds: { value: 'text', larger: 'text', smaller: 'text' }
  },
  'profile.memory-without-unit': {
    text: trans => trans.__("{value} has no unit. Write {value}M or {value}G."),
    kinds: { value: 'text' }
  },
  'profile.default-over-maximum': {
    text: trans => trans.__("The default {default} is above the maximum {maximum}. Reduce it, or raise the maximum."),
    kinds: { default: 'text', maximum: 'text' }
  },
  'profile.default-under-minimum': {
    text: trans => trans.__("The default {default} is below the minimum {minimum}. Raise it, or reduce the minimum."),
    kinds: { default: 'text', minimum: 'text' }
  },
  'profile.minimum-over-maximum': {
    text: trans => trans.__("The maximum {maximum} is below the minimum {minimum}. Raise it, or reduce the minimum."),
    kinds: { maximum: 'text', minimum: 'text' }
  },
  'profile.memory-over-cpus': {
    text: (trans, count) => trans._n("{memory} is above the maximum_per_cpu of {cpus} CPU, {maximum}. Reduce it, or raise cpus.", "{memory} is above the maximum_per_cpu of {cpus} CPUs, {maximum}. Reduce it, or raise cpus.", count),
    kinds: { memory: 'text', cpus: 'number', maximum: 'text' },
    by: 'cpus'
  },
  'profile.option-has-key': {
    text: trans => trans.__("Every job has {option} already. Remove it, and use the key {key}."),
    kinds: { option: 'text', key: 'text' }
  },
  'profile.option-of-every-job': {
    text: trans => trans.__("Every job has {option} already, and it has to stay so. Remove it."),
    kinds: { option: 'text' }
  },
  'profile.several-words': {
    text: trans => trans.__("These are several words in one item. Write \"{option}={value}\" or two items, \"{option}\", \"{value}\"."),
    kinds: { option: 'text', value: 'text' }
  },
  'profile.plain-argument': {
    text: trans => trans.__("Write the argument alone: \"{text}\"."),
    kinds: { text: 'text' }
  },
  'profile.kept-and-dropped': {
    text: trans => trans.__("{name} is in keep, too. Remove it from one of them."),
    kinds: { name: 'text' }
  },
  'profile.setup-syntax': {
    text: trans => trans.__("bash cannot read these lines: {detail}."),
    kinds: { detail: 'text' }
  },
  'profile.expand': {
    text: trans => trans.__("Write a text, or an object with the one key expand and a text."),
    kinds: {}
  },
  'profile.not-expanded': {
    text: trans => trans.__("The node replaces variables, $NAME, and nothing else: leave out {character}."),
    kinds: { character: 'text' }
  },
  'profile.setup-unfinished': {
    text: trans => trans.__("The last line ends with a backslash, so that its command is not complete. Remove the backslash."),
    kinds: {}
  },
  'profile.scratch-outside': {
    text: trans => trans.__("Write the path of a folder of its own, without \"..\": /scratch/$USER."),
    kinds: {}
  },
  'profile.scratch-relative': {
    text: trans => trans.__("Write a whole path, or begin with a variable: /scratch/$USER or $SLURM_TMPDIR."),
    kinds: {}
  },
  'profile.variable-name': {
    text: trans => trans.__("{name} cannot be the name of a variable: use letters, digits and _, and no digit first."),
    kinds: { name: 'text' }
  },
  'profile.python-folder': {
    text: trans => trans.__("This is a folder. Write the program in it, for example {folder}/bin/python."),
    kinds: { folder: 'text' }
  },
  'profile.python-command': {
    text: trans => trans.__("Write one program without arguments, not {python}. Write the words of a command as a list, or put it into a script, and write the path of this."),
    kinds: { python: 'text' }
  },
  'profile.python-relative': {
    text: trans => trans.__("Write the whole path of {python}, from / on."),
    kinds: { python: 'text' }
  },
  'profile.home-folder': {
    text: trans => trans.__("Nothing replaces ~. Write the whole path, for example /home/ and the name."),
    kinds: {}
  },
  'profile.launcher-not-used': {
    text: trans => trans.__("{options} is for the launcher of {batch}, which starts workers only where they share a job of several nodes with the scheduler. Remove it."),
    kinds: { options: 'text', batch: 'text' }
  },
  'profile.no-launcher': {
    text: trans => trans.__("More than one node needs a launcher, and {batch} has none. Set launcher, or a maximum of 1."),
    kinds: { batch: 'text' }
  },
  'profile.no-arrays': {
    text: trans => trans.__("{batch} has no job arrays. Remove the key."),
    kinds: { batch: 'text' }
  },
  'profile.no-array-throttle': {
    text: trans => trans.__("{batch} runs all jobs of an array that it can. Remove the key."),
    kinds: { batch: 'text' }
  },
  'profile.too-many-single-jobs': {
    text: trans => trans.__("Without job arrays, each job is a submission of its own: at most {maximum}. Reduce it."),
    kinds: { maximum: 'number' }
  },
  'profile.at-once-without-arrays': {
    text: trans => trans.__("Without job arrays there is no such number. Remove it, or the largest of 0."),
    kinds: {}
  },
  'profile.no-gpus': {
    text: trans => trans.__("{batch} allocates no GPUs. Remove the key."),
    kinds: { batch: 'text' }
  },
  'profile.slurm-cluster': {
    text: trans => trans.__("{name} is not the name of a Slurm cluster."),
    kinds: { name: 'text' }
  },
  'profile.slurm-all-clusters': {
    text: trans => trans.__("Jobs cannot be sent to all Slurm clusters, since it would not be known where a job is: name those that they may go to."),
    kinds: {}
  },
  'profile.valid': {
    text: trans => trans.__("The profile has no mistakes."),
    kinds: {}
  },
  'profile.file-unreadable': {
    text: trans => trans.__("The file cannot be read: {detail}."),
    kinds: { detail: 'text' }
  },
  'profile.not-found': {
    text: trans => trans.__("There is no profile {profile}, neither shipped nor in a folder dask-hpc of the Jupyter configuration path."),
    kinds: { profile: 'text' }
  },
  'profile.broken': {
    text: trans => trans.__("The file of the profile {profile} has mistakes: {mistakes}."),
    kinds: { profile: 'text', mistakes: 'text' }
  },
  'profile.access-for-nobody': {
    text: trans => trans.__("This names neither groups nor users. Leave it out for everybody."),
    kinds: {}
  },
  'field.unknown': {
    text: trans => trans.__("There is no such field."),
    kinds: {}
  },
  'field.not-object': {
    text: trans => trans.__("This has to be an object."),
    kinds: {}
  },
  'field.not-text': {
    text: trans => trans.__("This has to be text."),
    kinds: {}
  },
  'field.not-boolean': {
    text: trans => trans.__("Write true or false."),
    kinds: {}
  },
  'field.invalid': {
    text: trans => trans.__("{detail}"),
    kinds: { detail: 'text' }
  },
  'field.too-long': {
    text: trans => trans.__("At most {maximum} characters."),
    kinds: { maximum: 'number' }
  },
  'field.control-character': {
    text: trans => trans.__("No line breaks or control characters."),
    kinds: {}
  },
  'field.memory-unreadable': {
    text: trans => trans.__("Write 3G or 3072M."),
    kinds: {}
  },
  'field.size-too-small': {
    text: trans => trans.__("At least {minimum}."),
    kinds: { minimum: 'bytes' }
  },
  'field.size-too-large': {
    text: trans => trans.__("At most {maximum}."),
    kinds: { maximum: 'bytes' }
  },
  'field.time-unreadable': {
    text: trans => trans.__("Write 02:00:00, 2h or 1-00:00:00."),
    kinds: {}
  },
  'field.time-too-short': {
    text: trans => trans.__("At least {minimum}."),
    kinds: { minimum: 'time' }
  },
  'field.time-too-long': {
    text: trans => trans.__("At most {maximum}."),
    kinds: { maximum: 'time' }
  },
  'field.time-over-scheduler-time': {
    text: trans => trans.__("At most the scheduler time, {maximum}."),
    kinds: { maximum: 'time' }
  },
  'field.number-out-of-range': {
    text: trans => trans.__("A whole number from {minimum} to {maximum}."),
    kinds: { minimum: 'number', maximum: 'number' }
  },
  'field.other-layout': {
    text: trans => trans.__("This does not apply to the layout {layout}."),
    kinds: { layout: 'text' }
  },
  'field.number-too-small': {
    text: trans => trans.__("A whole number from {minimum} on."),
    kinds: { minimum: 'number' }
  },
  'name.characters': {
    text: trans => trans.__("Use letters, digits, - or _."),
    kinds: {}
  },
  'name.spaces': {
    text: trans => trans.__("No spaces: use letters, digits, - or _."),
    kinds: {}
  },
  'name.exists': {
    text: trans => trans.__("{name} exists already."),
    kinds: { name: 'text' }
  },
  'workers.cpus-not-divisible': {
    text: trans => trans.__("This does not divide the number of CPUs ({cpus}). Choose another number, or set the threads per worker."),
    kinds: { cpus: 'number' }
  },
  'gpus.not-offered': {
    text: trans => trans.__("This profile offers no GPUs: that is a rule of the site. Choose a profile with GPUs, or ask the administrators of the site."),
    kinds: {}
  },
  'gpus.model-not-offered': {
    text: trans => trans.__("This profile offers no choice of the GPU's model: that is a rule of the site. Leave it out."),
    kinds: {}
  },
  'gpus.one-worker-each': {
    text: trans => trans.__("With {count} GPUs, {count}: each GPU gets a worker."),
    kinds: { count: 'number' }
  },
  'gpus.share-cpus': {
    text: trans => trans.__("{count} workers, one for each GPU, share the CPUs of a job: choose a multiple of {count}."),
    kinds: { count: 'number' }
  },
  'workers.too-many-threads': {
    text: trans => trans.__("At most {maximum}: the workers of a job cannot have more threads than it has CPUs."),
    kinds: { maximum: 'number' }
  },
  'workers.nodes-instead': {
    text: trans => trans.__("All workers run in one job here: choose the number of its nodes instead (workers.nodes)."),
    kinds: {}
  },
  'workers.more-than-cpus': {
    text: trans => trans.__("At most {cpus}, since each worker needs a CPU."),
    kinds: { cpus: 'number' }
  },
  'workers.memory-too-small': {
    text: trans => trans.__("At least {minimum} for this number of workers per job."),
    kinds: { minimum: 'bytes' }
  },
  'workers.processes-need-nanny': {
    text: trans => trans.__("Several workers in a job need a nanny, which this profile turns off."),
    kinds: {}
  },
  'workers.one-change': {
    text: trans => trans.__("Pass exactly one of {fields}."),
    kinds: { fields: 'and' }
  },
  'workers.memory-over-cpus': {
    text: (trans, count) => trans._n("At most {maximum} with {cpus} CPU, since this site limits the memory of each CPU.", "At most {maximum} with {cpus} CPUs, since this site limits the memory of each CPU.", count),
    kinds: { maximum: 'bytes', cpus: 'number' },
    by: 'cpus'
  },
  'workers.no-room': {
    text: (trans, count) => trans._n("The scheduler runs on the same node and needs {cpus} CPU and {memory} of it. This leaves nothing for a worker.", "The scheduler runs on the same node and needs {cpus} CPUs and {memory} of it. This leaves nothing for a worker.", count),
    kinds: { cpus: 'number', memory: 'bytes' },
    by: 'cpus'
  },
  'workers.fixed': {
    text: trans => trans.__("The workers run in one job, so that their number stays {count}."),
    kinds: { count: 'number' }
  },
  'workers.fewer-than-fixed': {
    text: trans => trans.__("At least {minimum}: these workers share the job of the scheduler."),
    kinds: { minimum: 'number' }
  },
  'workers.replace-one-job': {
    text: trans => trans.__("The workers end together with the scheduler, in whose job they run. Nothing replaces them."),
    kinds: {}
  },
  'layout.not-offered': {
    text: trans => trans.__("Choose one of {offered}."),
    kinds: { offered: 'list' }
  },
  'field.not-offered': {
    text: trans => trans.__("The site offers {offered}. Choose one of these."),
    kinds: { offered: 'list' }
  },
  'dask-config.not-allowed': {
    text: trans => trans.__("This setting of Dask's is not passed on to a cluster."),
    kinds: {}
  },
  'dask-config.value': {
    text: trans => trans.__("Write text, a number, true, false, null, or a list of these."),
    kinds: {}
  },
  'field.name': {
    text: trans => trans.__("Name"),
    kinds: {}
  },
  'field.name.help': {
    text: trans => trans.__("Name of the cluster"),
    kinds: {}
  },
  'field.workspace': {
    text: trans => trans.__("Workspace"),
    kinds: {}
  },
  'field.workspace.help': {
    text: trans => trans.__("Folder that the jobs run in; their logs go to its log/"),
    kinds: {}
  },
  'field.layout': {
    text: trans => trans.__("Layout"),
    kinds: {}
  },
  'field.layout.help': {
    text: trans => trans.__("Whether scheduler and workers get jobs of their own, or share one job"),
    kinds: {}
  },
  'field.layout.separate': {
    text: trans => trans.__("Scheduler and workers in jobs of their own"),
    kinds: {}
  },
  'field.layout.one-job': {
    text: trans => trans.__("All in one job"),
    kinds: {}
  },
  'field.worker-nodes': {
    text: trans => trans.__("Nodes"),
    kinds: {}
  },
  'field.worker-nodes.help': {
    text: trans => trans.__("How many nodes the job gets; the scheduler shares the first one with workers"),
    kinds: {}
  },
  'field.worker-jobs': {
    text: trans => trans.__("Worker jobs"),
    kinds: {}
  },
  'field.worker-jobs.help': {
    text: trans => trans.__("How many jobs run workers: one worker each, unless several share a job"),
    kinds: {}
  },
  'field.worker-jobs.single': {
    text: trans => trans.__("since this site has no job arrays"),
    kinds: {}
  },
  'field.worker-jobs.at-once': {
    text: trans => trans.__("at most {count} at once"),
    kinds: { count: 'number' }
  },
  'field.worker-memory': {
    text: trans => trans.__("Worker memory"),
    kinds: {}
  },
  'field.worker-memory.per-cpu': {
    text: trans => trans.__("{per_cpu} per CPU"),
    kinds: { per_cpu: 'bytes' }
  },
  'field.worker-memory.help': {
    text: trans => trans.__("Memory of each worker job; what runs beside the worker takes up to 128 MB of it"),
    kinds: {}
  },
  'field.worker-cpus': {
    text: trans => trans.__("Worker CPUs"),
    kinds: {}
  },
  'field.worker-cpus.help': {
    text: trans => trans.__("CPUs of each worker job, which are the threads of its workers"),
    kinds: {}
  },
  'field.worker-time': {
    text: trans => trans.__("Worker time"),
    kinds: {}
  },
  'field.worker-time.help': {
    text: trans => trans.__("Time limit of each worker job"),
    kinds: {}
  },
  'field.worker-processes': {
    text: trans => trans.__("Workers per job"),
    kinds: {}
  },
  'field.worker-processes.help': {
    text: trans => trans.__("How many workers share the memory and the CPUs of a job"),
    kinds: {}
  },
  'field.node-memory.help': {
    text: trans => trans.__("Memory of the job on each node; what runs beside the workers takes up to 128 MB of it"),
    kinds: {}
  },
  'field.node-cpus.help': {
    text: trans => trans.__("CPUs of the job on each node, which are the threads of its workers"),
    kinds: {}
  },
  'field.job-time.help': {
    text: trans => trans.__("Time limit of the job, and so of the whole cluster"),
    kinds: {}
  },
  'field.node-processes': {
    text: trans => trans.__("Workers per node"),
    kinds: {}
  },
  'field.node-processes.help': {
    text: trans => trans.__("How many workers share the memory and the CPUs of a node"),
    kinds: {}
  },
  'field.help-of-layouts': {
    text: trans => trans.__("{separate}. All in one job: {one_job}"),
    kinds: { separate: 'message', one_job: 'message' }
  },
  'field.worker-threads': {
    text: trans => trans.__("Threads per worker"),
    kinds: {}
  },
  'field.worker-threads.help': {
    text: trans => trans.__("How many tasks a worker runs at the same time; 0 for its share of the CPUs"),
    kinds: {}
  },
  'field.worker-gpus': {
    text: trans => trans.__("GPUs per job"),
    kinds: {}
  },
  'field.worker-gpus.help': {
    text: trans => trans.__("How many GPUs each job gets; each GPU gets a worker"),
    kinds: {}
  },
  'field.node-gpus': {
    text: trans => trans.__("GPUs per node"),
    kinds: {}
  },
  'field.node-gpus.help': {
    text: trans => trans.__("How many GPUs each node gets; each GPU gets a worker"),
    kinds: {}
  },
  'field.gpu-model': {
    text: trans => trans.__("GPU model"),
    kinds: {}
  },
  'field.gpu-model.help': {
    text: trans => trans.__("The model of the GPUs"),
    kinds: {}
  },
  'field.scheduler-memory': {
    text: trans => trans.__("Scheduler memory"),
    kinds: {}
  },
  'field.scheduler-memory.help': {
    text: trans => trans.__("Memory of the scheduler"),
    kinds: {}
  },
  'field.scheduler-time': {
    text: trans => trans.__("Scheduler time"),
    kinds: {}
  },
  'field.scheduler-time.help': {
    text: trans => trans.__("Time limit of the whole cluster"),
    kinds: {}
  },
  'field.idle-timeout': {
    text: trans => trans.__("Idle time-out"),
    kinds: {}
  },
  'field.idle-timeout.help': {
    text: trans => trans.__("The cluster ends after this long with nothing to compute"),
    kinds: {}
  },
  'field.idle-timeout.maximum': {
    text: trans => trans.__("scheduler time"),
    kinds: {}
  },
  'field.wait-for-running': {
    text: trans => trans.__("Wait for running, %"),
    kinds: {}
  },
  'field.wait-for-running.help': {
    text: trans => trans.__("Share of the workers that have to run before a notebook gets its client"),
    kinds: {}
  },
  'field.python-environment': {
    text: trans => trans.__("Python environment"),
    kinds: {}
  },
  'field.python-environment.help': {
    text: trans => trans.__("Path of a venv or conda environment; empty for the notebook server's own"),
    kinds: {}
  },
  'field.script': {
    text: trans => trans.__("Script"),
    kinds: {}
  },
  'field.script.help': {
    text: trans => trans.__("A .py or .ipynb file that runs in the cluster, beside the scheduler and in its memory, and ends it; not ended by Log Out"),
    kinds: {}
  },
  'environment.not-a-path': {
    text: trans => trans.__("Write the whole path of a venv or conda environment, from / on."),
    kinds: {}
  },
  'environment.of-command': {
    text: trans => trans.__("This profile runs Python by {program}, which has its own. Leave this empty."),
    kinds: { program: 'text' }
  },
  'environment.command-not-started': {
    text: trans => trans.__("The Python of this profile does not start here: {command}: {detail}."),
    kinds: { command: 'text', detail: 'text' }
  },
  'environment.command-fails': {
    text: trans => trans.__("The Python of this profile cannot import distributed: {command}: {detail}."),
    kinds: { command: 'text', detail: 'text' }
  },
  'environment.no-python': {
    text: trans => trans.__("No Python in {environment}. Name the folder of a venv or conda environment."),
    kinds: { environment: 'text' }
  },
  'environment.unusable': {
    text: trans => trans.__("{environment} cannot be an environment: {detail}."),
    kinds: { environment: 'text', detail: 'text' }
  },
  'environment.python-not-executable': {
    text: trans => trans.__("Python in {environment} does not start: it cannot be executed."),
    kinds: { environment: 'text' }
  },
  'environment.python-not-started': {
    text: trans => trans.__("Python in {environment} does not start: {detail}."),
    kinds: { environment: 'text', detail: 'text' }
  },
  'environment.python-silent': {
    text: trans => trans.__("Python in {environment} did not answer within {timeout}."),
    kinds: { environment: 'text', timeout: 'duration' }
  },
  'environment.no-distributed': {
    text: trans => trans.__("No distributed in {environment}. Install it there, or choose another environment."),
    kinds: { environment: 'text' }
  },
  'environment.distributed-fails': {
    text: trans => trans.__("distributed does not load in {environment}: {detail}"),
    kinds: { environment: 'text', detail: 'text' }
  },
  'workspace.no-folder': {
    text: trans => trans.__("There is no folder {path}."),
    kinds: { path: 'text' }
  },
  'workspace.not-readable': {
    text: trans => trans.__("There is no folder {path}: {detail}."),
    kinds: { path: 'text', detail: 'text' }
  },
  'workspace.outside-root': {
    text: trans => trans.__("The workspace has to lie below the folder that JupyterLab shows."),
    kinds: {}
  },
  'workspace.control-character': {
    text: trans => trans.__("The folder's name holds a line break or a control character."),
    kinds: {}
  },
  'workspace.not-writable': {
    text: trans => trans.__("Cannot write to {folder}/: {detail}. Free some space there, or open another folder in the file browser first."),
    kinds: { folder: 'text', detail: 'text' }
  },
  'workspace.not-shared': {
    text: trans => trans.__("The nodes do not see {place}. Open a folder below {shared} in the file browser first."),
    kinds: { place: 'message', shared: 'or' }
  },
  'workspace.on-this-machine': {
    text: trans => trans.__("{place} is on this machine alone; the nodes do not see it. Open a folder that they share in the file browser, then launch."),
    kinds: { place: 'message' }
  },
  'workspace.in-memory': {
    text: trans => trans.__("{place} is on this machine alone ({kind}); the nodes do not see it. Open a folder that they share in the file browser, then launch."),
    kinds: { place: 'message', kind: 'text' }
  },
  'workspace.link-target': {
    text: trans => trans.__("{folder} (it leads to {target})"),
    kinds: { folder: 'text', target: 'text' }
  },
  'script.suffix': {
    text: trans => trans.__("A script ends in {suffixes}."),
    kinds: { suffixes: 'or' }
  },
  'script.not-there': {
    text: trans => trans.__("The script {path} cannot be read: {detail}."),
    kinds: { path: 'text', detail: 'text' }
  },
  'script.syntax': {
    text: trans => trans.__("Line {line} of {name} is no Python: {detail}."),
    kinds: { line: 'number', name: 'text', detail: 'text' }
  },
  'script.not-python': {
    text: trans => trans.__("{name} is no Python: {detail}."),
    kinds: { name: 'text', detail: 'text' }
  },
  'script.not-a-notebook': {
    text: trans => trans.__("{name} is no notebook: {detail}."),
    kinds: { name: 'text', detail: 'text' }
  },
  'script.other-language': {
    text: trans => trans.__("{name} is a notebook for {language}. Only Python can run here."),
    kinds: { name: 'text', language: 'text' }
  },
  'script.no-runner': {
    text: trans => trans.__("{environment} has no {packages}, which a notebook needs. Install it there, or choose another Python environment."),
    kinds: { environment: 'text', packages: 'and' }
  },
  'script.not-a-file': {
    text: trans => trans.__("{path} is no file."),
    kinds: { path: 'text' }
  },
  'access.groups': {
    text: (trans, count) => trans._n("Profile {profile} is for the group {groups}.", "Profile {profile} is for the groups {groups}.", count),
    kinds: { profile: 'text', groups: 'or' },
    by: 'groups'
  },
  'access.named-users': {
    text: trans => trans.__("Profile {profile} is for users whom the site has named."),
    kinds: { profile: 'text' }
  },
  'access.ask': {
    text: trans => trans.__("{why} Ask: {ask}"),
    kinds: { why: 'message', ask: 'text' }
  },
  'cluster-state.queued': {
    text: trans => trans.__("Queued"),
    kinds: {}
  },
  'cluster-state.starting': {
    text: trans => trans.__("Starting"),
    kinds: {}
  },
  'cluster-state.running': {
    text: trans => trans.__("Running"),
    kinds: {}
  },
  'cluster-state.closing': {
    text: trans => trans.__("Closing"),
    kinds: {}
  },
  'cluster-state.closed': {
    text: trans => trans.__("Closed"),
    kinds: {}
  },
  'cluster-state.failed': {
    text: trans => trans.__("Failed"),
    kinds: {}
  },
  'job-state.pending': {
    text: trans => trans.__("Pending"),
    kinds: {}
  },
  'job-state.connecting': {
    text: trans => trans.__("Connecting"),
    kinds: {}
  },
  'job-state.running': {
    text: trans => trans.__("Running"),
    kinds: {}
  },
  'job-state.ending': {
    text: trans => trans.__("Ending"),
    kinds: {}
  },
  'job-state.ended': {
    text: trans => trans.__("Ended"),
    kinds: {}
  },
  'job-state.failed': {
    text: trans => trans.__("Failed"),
    kinds: {}
  },
  'option.none': {
    text: trans => trans.__("none"),
    kinds: {}
  },
  'option.not-offered': {
    text: trans => trans.__("{value} is not offered: {offered}. Choose one of these."),
    kinds: { value: 'text', offered: 'list' }
  },
  'option.nothing-available': {
    text: trans => trans.__("Nothing was found that you may choose here. Ask the administrators of the site."),
    kinds: {}
  },
  'option.source-failed': {
    text: trans => trans.__("What you may choose here could not be read: {why}"),
    kinds: { why: 'message' }
  },
  'option.groups-silent': {
    text: trans => trans.__("the directory of users has not answered for {timeout} s."),
    kinds: { timeout: 'number' }
  },
  'option.command-failed': {
    text: trans => trans.__("{command} ended with the exit code {code}. {detail}"),
    kinds: { command: 'text', code: 'number', detail: 'text' }
  },
  'option.no-text': {
    text: trans => trans.__("{command} printed something that is no text."),
    kinds: { command: 'text' }
  },
  'option.no-variable': {
    text: trans => trans.__("The notebook server has no environment variable {name}."),
    kinds: { name: 'text' }
  },
  'option.values-left-out': {
    text: (trans, count) => trans._n("A value of {source} cannot be used, {line}: {why}", "{count} values of {source} cannot be used, such as {line}: {why}", count),
    kinds: { source: 'text', line: 'text', why: 'message', count: 'number' },
    by: 'count'
  },
  'option.too-many-values': {
    text: trans => trans.__("{source} has more than {maximum} values. The others are left out."),
    kinds: { source: 'text', maximum: 'number' }
  },
  'option.no-match': {
    text: trans => trans.__("This does not match {pattern}. Correct it."),
    kinds: { pattern: 'text' }
  },
  'option.not-texts': {
    text: trans => trans.__("This has to be a list of texts."),
    kinds: {}
  },
  'option.too-many': {
    text: trans => trans.__("At most {maximum} at once."),
    kinds: { maximum: 'number' }
  },
  'option.nothing-left': {
    text: trans => trans.__("This and another choice leave no value for {field}. Choose another."),
    kinds: { field: 'text' }
  },
  'option.begins-with-minus': {
    text: trans => trans.__("A value cannot begin with -."),
    kinds: {}
  },
  'option.outer-spaces': {
    text: trans => trans.__("A value cannot begin or end with a space."),
    kinds: {}
  },
  'option.shell-character': {
    text: trans => trans.__("A value cannot contain {character}."),
    kinds: { character: 'text' }
  },
  'option.not-a-pattern': {
    text: trans => trans.__("This is no regular expression: {detail}."),
    kinds: { detail: 'text' }
  },
  'option.one-source': {
    text: trans => trans.__("Write one source: a name, or an object with variable or command."),
    kinds: {}
  },
  'option.no-values': {
    text: trans => trans.__("This offers nothing. Add choices, from or text."),
    kinds: {}
  },
  'option.text-alone': {
    text: trans => trans.__("A text that users write has neither choices nor from, and is one value. Remove text or the others."),
    kinds: {}
  },
  'option.pattern-without-source': {
    text: trans => trans.__("A pattern chooses among the values of from. Add from, or write text for a text that users write."),
    kinds: {}
  },
  'option.value-twice': {
    text: trans => trans.__("Two choices have the same value. Remove one of them."),
    kinds: {}
  },
  'option.default-list': {
    text: trans => trans.__("Several values may be chosen: write a list."),
    kinds: {}
  },
  'option.default-not-offered': {
    text: trans => trans.__("The default is not among the choices {offered}. Write one of them."),
    kinds: { offered: 'list' }
  },
  'option.default-no-match': {
    text: trans => trans.__("The default does not match {pattern}. Change one of them."),
    kinds: { pattern: 'text' }
  },
  'option.reserved': {
    text: trans => trans.__("The placeholder {name} has another meaning. Choose another name."),
    kinds: { name: 'text' }
  },
  'option.without-use': {
    text: trans => trans.__("This is no option of the batch system ({options}), and no text of the profile has {name}. Correct the name, or add the placeholder."),
    kinds: { options: 'list', name: 'text' }
  },
  'option.roles-of-placeholder': {
    text: trans => trans.__("Only an option of the batch system has roles. Remove the key."),
    kinds: {}
  },
  'option.fixed-too': {
    text: trans => trans.__("{name} is also a choice of users, in options. Remove one of them."),
    kinds: { name: 'text' }
  },
  'option.no-source': {
    text: trans => trans.__("There is no source {source}. Write {known}, or an object with variable or command."),
    kinds: { source: 'text', known: 'or' }
  },
  'option.limit-not-offered': {
    text: trans => trans.__("The profile does not offer {field}. Remove the limit, or set its maximum in the profile."),
    kinds: { field: 'text' }
  },
  'option.limit-wider': {
    text: trans => trans.__("{value} is beyond the profile's own limit, {limit}, which a choice can only narrow. Widen that of the profile, and narrow it for the other choices."),
    kinds: { value: 'text', limit: 'text' }
  },
  'option.slurm-partition.title': {
    text: trans => trans.__("Partition"),
    kinds: {}
  },
  'option.slurm-partition.help': {
    text: trans => trans.__("The part of the farm that runs the jobs"),
    kinds: {}
  },
  'option.slurm-account.title': {
    text: trans => trans.__("Account"),
    kinds: {}
  },
  'option.slurm-account.help': {
    text: trans => trans.__("The account that the jobs are charged to"),
    kinds: {}
  },
  'option.slurm-licences.title': {
    text: trans => trans.__("Licences"),
    kinds: {}
  },
  'option.slurm-licences.help': {
    text: trans => trans.__("The licences and file systems that the jobs need"),
    kinds: {}
  },
  'option.slurm-qos.title': {
    text: trans => trans.__("QOS"),
    kinds: {}
  },
  'option.slurm-qos.help': {
    text: trans => trans.__("The quality of service of the jobs: their limits and their priority"),
    kinds: {}
  },
  'option.slurm-constraint.title': {
    text: trans => trans.__("Constraint"),
    kinds: {}
  },
  'option.slurm-constraint.help': {
    text: trans => trans.__("The features that the nodes must have"),
    kinds: {}
  },
  'option.slurm-reservation.title': {
    text: trans => trans.__("Reservation"),
    kinds: {}
  },
  'option.slurm-reservation.help': {
    text: trans => trans.__("The reservation that the jobs run in"),
    kinds: {}
  },
  'option.slurm-constraint': {
    text: trans => trans.__("constraint {value}"),
    kinds: { value: 'text' }
  },
  'option.slurm-reservation': {
    text: trans => trans.__("reservation {value}"),
    kinds: { value: 'text' }
  },
  'option.slurm-partition': {
    text: trans => trans.__("partition {value}"),
    kinds: { value: 'text' }
  },
  'option.slurm-account': {
    text: trans => trans.__("account {value}"),
    kinds: { value: 'text' }
  },
  'option.slurm-qos': {
    text: trans => trans.__("QOS {value}"),
    kinds: { value: 'text' }
  },
  'option.slurm-licences': {
    text: trans => trans.__("licence {value}"),
    kinds: { value: 'text' }
  },
  'option.slurm-clusters': {
    text: trans => trans.__("Slurm cluster {value}"),
    kinds: { value: 'text' }
  },
  'option.slurm-clusters.title': {
    text: trans => trans.__("Slurm cluster"),
    kinds: {}
  },
  'option.slurm-clusters.help': {
    text: trans => trans.__("The cluster of nodes to which the jobs go"),
    kinds: {}
  },
  'option.slurm-threads-per-core': {
    text: (trans, count) => trans._n("1 thread per core", "{count} threads per core", count),
    kinds: { count: 'number' },
    by: 'count'
  },
  'option.slurm-memory-cpu': {
    text: trans => trans.__("memory requested per CPU"),
    kinds: {}
  },
  'option.slurm-memory-none': {
    text: trans => trans.__("no memory requested"),
    kinds: {}
  },
  'option.slurm-memory-node': {
    text: trans => trans.__("all memory of the node requested"),
    kinds: {}
  },
  'option.slurm-cpu-bind': {
    text: trans => trans.__("CPU binding {value}"),
    kinds: { value: 'text' }
  },
  'batch.error': {
    text: trans => trans.__("Its error: {detail}"),
    kinds: { detail: 'text' }
  },
  'batch.answer-unusable': {
    text: trans => trans.__("Its answer could not be used ({detail}); the notebook server's log has the details."),
    kinds: { detail: 'text' }
  },
  'batch.jobs-missing': {
    text: trans => trans.__("{batch} shows none of your jobs, though some were waiting or running."),
    kinds: { batch: 'text' }
  },
  'batch.silent': {
    text: trans => trans.__("{batch} does not answer. Try again later."),
    kinds: { batch: 'text' }
  },
  'log.outside-folder': {
    text: trans => trans.__("The name of a log cannot point outside its folder."),
    kinds: {}
  },
  'log.unknown': {
    text: trans => trans.__("{cluster} has no log of the name {file}."),
    kinds: { cluster: 'text', file: 'text' }
  },
  'log.link': {
    text: trans => trans.__("{file} is a link, and links to logs are not followed."),
    kinds: { file: 'text' }
  },
  'log.not-regular': {
    text: trans => trans.__("{file} is not a regular file."),
    kinds: { file: 'text' }
  },
  'log.not-there': {
    text: trans => trans.__("There is no {file} in {folder} yet."),
    kinds: { file: 'text', folder: 'text' }
  },
  'log.removed': {
    text: trans => trans.__("{file} was removed. What was read before is shown."),
    kinds: { file: 'text' }
  },
  'log.not-readable': {
    text: trans => trans.__("{path} cannot be read: {detail}."),
    kinds: { path: 'text', detail: 'text' }
  },
  'log.too-many-followed': {
    text: trans => trans.__("This log is not followed: at most {maximum} logs are followed in one browser tab. Close another one first."),
    kinds: { maximum: 'number' }
  },
  'log.length': {
    text: trans => trans.__("A length goes from 0 to {maximum} bytes."),
    kinds: { maximum: 'number' }
  },
  'log.offset': {
    text: trans => trans.__("This has to be a whole number of bytes."),
    kinds: {}
  },
  'log.offset-too-large': {
    text: trans => trans.__("This is larger than any file."),
    kinds: {}
  },
  'log.level': {
    text: trans => trans.__("A level is error or warning."),
    kinds: {}
  },
  'end.out-of-memory': {
    text: trans => trans.__("out of memory"),
    kinds: {}
  },
  'end.time-limit': {
    text: trans => trans.__("time limit reached"),
    kinds: {}
  },
  'end.node-failed': {
    text: trans => trans.__("its node failed"),
    kinds: {}
  },
  'end.preempted': {
    text: trans => trans.__("preempted by another job"),
    kinds: {}
  },
  'end.cancelled': {
    text: trans => trans.__("cancelled"),
    kinds: {}
  },
  'end.unknown': {
    text: trans => trans.__("no longer known to the batch system"),
    kinds: {}
  },
  'end.deadline': {
    text: trans => trans.__("deadline reached"),
    kinds: {}
  },
  'end.node-not-started': {
    text: trans => trans.__("its node did not start"),
    kinds: {}
  },
  'advice.see-logs': {
    text: trans => trans.__("See their logs."),
    kinds: {}
  },
  'advice.started-again': {
    text: trans => trans.__("The batch system starts them again by itself where it can."),
    kinds: {}
  },
  'advice.out-of-memory': {
    text: trans => trans.__("They reached the memory they asked for. Ask for more per worker, or use smaller partitions."),
    kinds: {}
  },
  'advice.time-limit': {
    text: trans => trans.__("They reached their time limit. Ask for more worker time."),
    kinds: {}
  },
  'advice.cancelled': {
    text: trans => trans.__("Somebody cancelled them outside of JupyterLab."),
    kinds: {}
  },
  'reason.stopped': {
    text: trans => trans.__("Stopped."),
    kinds: {}
  },
  'reason.logged-out': {
    text: trans => trans.__("You logged out."),
    kinds: {}
  },
  'reason.server-stopped': {
    text: trans => trans.__("The notebook server was stopped."),
    kinds: {}
  },
  'reason.idle': {
    text: trans => trans.__("Nothing was computed for {time} and no worker was queued (the idle time-out is {limit})."),
    kinds: { time: 'duration', limit: 'duration' }
  },
  'reason.lease': {
    text: trans => trans.__("Nothing was heard from the notebook server for {time}: it was gone, or could not reach the scheduler's node."),
    kinds: { time: 'duration' }
  },
  'reason.script-ended': {
    text: trans => trans.__("The script has ended."),
    kinds: {}
  },
  'reason.script-failed': {
    text: trans => trans.__("The script ended with exit code {number}."),
    kinds: { number: 'number' }
  },
  'reason.script-killed': {
    text: trans => trans.__("The script was ended by {signal}."),
    kinds: { signal: 'text' }
  },
  'reason.script-not-started': {
    text: trans => trans.__("The script could not be started: {detail}."),
    kinds: { detail: 'text' }
  },
  'advice.script-killed': {
    text: trans => trans.__("Often its job ran out of memory, which it shares with the scheduler. Launch again with more scheduler memory."),
    kinds: {}
  },
  'reason.asked': {
    text: trans => trans.__("The scheduler was asked to close, by a signal or by a client."),
    kinds: {}
  },
  'reason.scheduler-not-submitted': {
    text: trans => trans.__("Cannot submit the scheduler: {why}"),
    kinds: { why: 'message' }
  },
  'reason.scheduler-refused': {
    text: trans => trans.__("{batch} refused the scheduler: \"{detail}\""),
    kinds: { batch: 'text', detail: 'text' }
  },
  'reason.scheduler-unanswered': {
    text: trans => trans.__("{batch} did not answer the submission of the scheduler: \"{detail}\""),
    kinds: { batch: 'text', detail: 'text' }
  },
  'reason.id-unusable': {
    text: trans => trans.__("The adapter of {batch} returned {id} as the id of a submission. An id begins with a digit, then has at most 80 letters, digits and . - [ ], and may follow the name of a cluster and a colon. The job may run: look for its name, {name}. Tell the author of the adapter."),
    kinds: { batch: 'text', id: 'text', name: 'text' }
  },
  'reason.workers-not-submitted': {
    text: trans => trans.__("Cannot submit the workers: {why}"),
    kinds: { why: 'message' }
  },
  'reason.workers-refused': {
    text: trans => trans.__("{batch} refused the workers: \"{detail}\""),
    kinds: { batch: 'text', detail: 'text' }
  },
  'reason.workers-unanswered': {
    text: trans => trans.__("{batch} did not answer the submission of the workers: \"{detail}\""),
    kinds: { batch: 'text', detail: 'text' }
  },
  'reason.not-accepted': {
    text: trans => trans.__("The batch system did not accept the job after {attempts} attempts."),
    kinds: { attempts: 'number' }
  },
  'reason.additional-not-accepted': {
    text: trans => trans.__("The batch system did not accept the additional workers after {attempts} attempts."),
    kinds: { attempts: 'number' }
  },
  'reason.not-taken': {
    text: trans => trans.__("The batch system has not accepted the scheduler's job for over {time}. Launch it again."),
    kinds: { time: 'duration' }
  },
  'reason.folder-unusable': {
    text: trans => trans.__("Its folder cannot be used: {detail}. It will be tried again."),
    kinds: { detail: 'text' }
  },
  'reason.internal-error': {
    text: trans => trans.__("An internal error of this extension: {detail}. It will be tried again; the notebook server's log has the details."),
    kinds: { detail: 'text' }
  },
  'reason.lease-lapsed': {
    text: trans => trans.__("The scheduler has not answered for longer than its lease, though its job runs: its node hangs, or this server cannot reach it."),
    kinds: {}
  },
  'end.python-not-executable': {
    text: trans => trans.__("its Python cannot be run"),
    kinds: {}
  },
  'advice.python-not-executable': {
    text: trans => trans.__("The nodes may not run the Python of this environment. Choose another one."),
    kinds: {}
  },
  'end.python-not-found': {
    text: trans => trans.__("its Python was not found"),
    kinds: {}
  },
  'advice.python-not-found': {
    text: trans => trans.__("The Python environment was removed, or the nodes do not see it. Choose one that they see."),
    kinds: {}
  },
  'reason.scheduler-time-limit': {
    text: trans => trans.__("The cluster reached its scheduler's time limit."),
    kinds: {}
  },
  'reason.scheduler-cancelled': {
    text: trans => trans.__("The scheduler's job was cancelled outside of JupyterLab."),
    kinds: {}
  },
  'reason.scheduler-node-failed': {
    text: trans => trans.__("The scheduler's node failed, and what it knew is lost. Launch again."),
    kinds: {}
  },
  'reason.scheduler-preempted': {
    text: trans => trans.__("The scheduler was preempted by another job, and what it knew is lost. Launch again."),
    kinds: {}
  },
  'reason.scheduler-out-of-memory': {
    text: trans => trans.__("The scheduler ran out of memory. Launch again with more scheduler memory."),
    kinds: {}
  },
  'end.cpu-time-limit': {
    text: trans => trans.__("CPU time limit reached"),
    kinds: {}
  },
  'advice.cpu-time-limit': {
    text: trans => trans.__("A process may use only so much CPU time there (ulimit -t). Ask the administrators of the batch system to lift that for jobs."),
    kinds: {}
  },
  'end.file-size-limit': {
    text: trans => trans.__("file size limit reached"),
    kinds: {}
  },
  'advice.file-size-limit': {
    text: trans => trans.__("A file may be only so large there (ulimit -f): a log, what a worker spills, or what a task writes. Write smaller files, or ask the administrators of the batch system to lift that for jobs."),
    kinds: {}
  },
  'end.signal': {
    text: trans => trans.__("killed by {signal}"),
    kinds: { signal: 'text' }
  },
  'end.exit': {
    text: trans => trans.__("exit {number}"),
    kinds: { number: 'number' }
  },
  'advice.killed': {
    text: trans => trans.__("Something killed them, often because they took more memory than they asked for. See their logs."),
    kinds: {}
  },
  'end.log-unwritable': {
    text: trans => trans.__("the node cannot write its log"),
    kinds: {}
  },
  'advice.log-unwritable': {
    text: trans => trans.__("That node does not see log/, or may not write there. Launch from a folder that the nodes share."),
    kinds: {}
  },
  'end.before-time-limit': {
    text: trans => trans.__("ended before its time limit"),
    kinds: {}
  },
  'advice.used-up': {
    text: trans => trans.__("They were ended before their own time limit: the computing time of their account or quality of service (QOS) is used up, their reservation is over, or an administrator has shortened their limit. More worker time does not help; ask the administrators of the batch system."),
    kinds: {}
  },
  'end.shell-ended': {
    text: trans => trans.__("the shell ended before Dask was started"),
    kinds: {}
  },
  'advice.shell-ended': {
    text: trans => trans.__("A line of the profile's setup, or a script of the environment's activation, ends the shell. Tell the administrator of this profile, or choose another environment."),
    kinds: {}
  },
  'end.scratch-unusable': {
    text: trans => trans.__("its scratch folder cannot be used"),
    kinds: {}
  },
  'advice.scratch-unusable': {
    text: trans => trans.__("{detail} Tell the administrator of this profile, or choose another one."),
    kinds: { detail: 'text' }
  },
  'end.variable-not-set': {
    text: trans => trans.__("a variable of its profile is not set"),
    kinds: {}
  },
  'advice.variable-not-set': {
    text: trans => trans.__("The node does not set {detail} Tell the administrator of this profile, or choose another one."),
    kinds: { detail: 'text' }
  },
  'end.setup-failed': {
    text: trans => trans.__("a line of its setup failed"),
    kinds: {}
  },
  'advice.setup-failed': {
    text: trans => trans.__("This line of the profile's setup failed: {line}. Its log shows why. Tell the administrator of this profile, or choose another one."),
    kinds: { line: 'text' }
  },
  'reason.used-up': {
    text: trans => trans.__("The scheduler's job and those of its workers were ended before their own time limit: the computing time of their account or quality of service (QOS) is used up, their reservation is over, or an administrator has shortened their limit. More worker time does not help; ask the administrators of the batch system."),
    kinds: {}
  },
  'reason.scheduler-ended': {
    text: trans => trans.__("The scheduler ended by itself: {how}."),
    kinds: { how: 'message' }
  },
  'reason.its-log-ends': {
    text: trans => trans.__("{what} Its log ends with: {line}"),
    kinds: { what: 'message', line: 'text' }
  },
  'advice.log-empty': {
    text: trans => trans.__("Nothing is found in its log. If that is empty, the job ended before Dask was started: the login shell ended it, most likely by an exit in ~/.bash_profile, ~/.bash_login or ~/.profile. Let these end interactive shells alone."),
    kinds: {}
  },
  'advice.see-log': {
    text: trans => trans.__("See its log."),
    kinds: {}
  },
  'reason.no-worker-left': {
    text: (trans, count) => trans._n("The worker ended before the cluster was complete.", "All {count} workers ended before the cluster was complete.", count),
    kinds: { count: 'number' },
    by: 'count'
  },
  'reason.all-workers-failed': {
    text: (trans, count) => trans._n("The worker failed: {how}.", "All {count} workers failed: {how}.", count),
    kinds: { how: 'message', count: 'number' },
    by: 'count'
  },
  'reason.some-workers-failed': {
    text: trans => trans.__("No worker is left: {failed} of {count} failed: {how}."),
    kinds: { failed: 'number', count: 'number', how: 'message' }
  },
  'reason.workers-ended': {
    text: trans => trans.__("All workers have ended."),
    kinds: {}
  },
  'reason.workers-ended-with': {
    text: trans => trans.__("All workers have ended; the command that had started them returned {number}."),
    kinds: { number: 'number' }
  },
  'reason.workers-killed': {
    text: trans => trans.__("All workers have ended: killed by {signal}."),
    kinds: { signal: 'text' }
  },
  'reason.a-log-ends': {
    text: trans => trans.__("{what} A log ends with: {line}"),
    kinds: { what: 'message', line: 'text' }
  },
  'wait.priority': {
    text: trans => trans.__("Other jobs go first."),
    kinds: {}
  },
  'wait.resources': {
    text: trans => trans.__("No node is free for them yet."),
    kinds: {}
  },
  'wait.licenses': {
    text: trans => trans.__("All licences that they need are in use. If that lasts, there may not be as many as the profile asks for: ask {ask}."),
    kinds: { ask: 'message' }
  },
  'wait.qos-max-jobs-per-user-limit': {
    text: trans => trans.__("You run as many jobs as you may."),
    kinds: {}
  },
  'wait.assoc-max-jobs-limit': {
    text: trans => trans.__("Your group runs as many jobs as it may."),
    kinds: {}
  },
  'wait.assoc-grp-cpu-limit': {
    text: trans => trans.__("Your group uses as many CPUs as it may."),
    kinds: {}
  },
  'wait.qos-job-limit': {
    text: trans => trans.__("Their quality of service (QOS) runs as many jobs as it may."),
    kinds: {}
  },
  'wait.partition-down': {
    text: trans => trans.__("The partition is down; ask its administrators."),
    kinds: {}
  },
  'wait.partition-inactive': {
    text: trans => trans.__("The partition takes no jobs now; ask its administrators."),
    kinds: {}
  },
  'wait.begin-time': {
    text: trans => trans.__("They were put back into the queue, and start again by themselves."),
    kinds: {}
  },
  'wait.req-node-not-avail': {
    text: trans => trans.__("The nodes that could run them are reserved or down."),
    kinds: {}
  },
  'wait.nodes-required': {
    text: trans => trans.__("The nodes that could run them are down, drained or kept for others."),
    kinds: {}
  },
  'wait.node-down': {
    text: trans => trans.__("The node that could run them is down."),
    kinds: {}
  },
  'wait.front-end-down': {
    text: trans => trans.__("The node that starts jobs is down."),
    kinds: {}
  },
  'wait.reservation': {
    text: trans => trans.__("They wait for their reservation to begin."),
    kinds: {}
  },
  'wait.job-array-task-limit': {
    text: trans => trans.__("As many of them run at once as their array allows."),
    kinds: {}
  },
  'wait.cleaning': {
    text: trans => trans.__("They were put back into the queue, and what is left of them is being cleaned up."),
    kinds: {}
  },
  'wait.prolog': {
    text: trans => trans.__("The node is being prepared for them."),
    kinds: {}
  },
  'wait.dependency': {
    text: trans => trans.__("They wait for another job to start or to end."),
    kinds: {}
  },
  'wait.power-not-avail': {
    text: trans => trans.__("There is not enough power for more nodes now."),
    kinds: {}
  },
  'wait.power-reserved': {
    text: trans => trans.__("The power that they need is reserved for others."),
    kinds: {}
  },
  'wait.burst-buffer-resources': {
    text: trans => trans.__("The burst buffer has no room for them yet."),
    kinds: {}
  },
  'wait.burst-buffer-stage-in': {
    text: trans => trans.__("Their data are being copied to the burst buffer."),
    kinds: {}
  },
  'wait.job-held-user': {
    text: trans => trans.__("They are held. The user who holds them can release them."),
    kinds: {}
  },
  'wait.job-held-admin': {
    text: trans => trans.__("An administrator holds them; ask {ask}."),
    kinds: { ask: 'message' }
  },
  'wait.job-hold-max-requeue': {
    text: trans => trans.__("They were started too often without success, and are held; ask {ask}."),
    kinds: { ask: 'message' }
  },
  'wait.job-launch-failure': {
    text: trans => trans.__("They could not be started, and are held; ask {ask}."),
    kinds: { ask: 'message' }
  },
  'wait.partition-time-limit': {
    text: trans => trans.__("They ask for more time{time} than their partition allows. Launch again with less {who} time."),
    kinds: { time: 'message', who: 'message' }
  },
  'wait.qos-time-limit': {
    text: trans => trans.__("They ask for more time{time} than their quality of service (QOS) allows. Launch again with less {who} time."),
    kinds: { time: 'message', who: 'message' }
  },
  'wait.association-time-limit': {
    text: trans => trans.__("They ask for more time{time} than your account allows. Launch again with less {who} time."),
    kinds: { time: 'message', who: 'message' }
  },
  'wait.partition-node-limit': {
    text: trans => trans.__("Their partition does not allow so many or so few nodes, no node of it has what they ask for{size}, or those that have it are down. Launch again with less memory or fewer CPUs per {who}, or ask {ask}."),
    kinds: { size: 'message', who: 'message', ask: 'message' }
  },
  'wait.partition-config': {
    text: trans => trans.__("Their partition does not take such jobs: they ask for too much time{time}, too much else{size}, or with an account that may not use it. Launch again with less, or ask {ask}."),
    kinds: { time: 'message', size: 'message', ask: 'message' }
  },
  'wait.qos-resource-limit': {
    text: trans => trans.__("They ask for more{size} than their quality of service (QOS) allows. Launch again with less, or ask {ask}."),
    kinds: { size: 'message', ask: 'message' }
  },
  'wait.association-resource-limit': {
    text: trans => trans.__("They ask for more{size} than your account allows. Launch again with less, or ask {ask}."),
    kinds: { size: 'message', ask: 'message' }
  },
  'wait.max-mem-per-limit': {
    text: trans => trans.__("They ask for more memory{memory} than a job may have. Launch again with less {who} memory."),
    kinds: { memory: 'message', who: 'message' }
  },
  'wait.bad-constraints': {
    text: trans => trans.__("No node has what they ask for{size}. Launch again with less, or ask {ask}."),
    kinds: { size: 'message', ask: 'message' }
  },
  'wait.invalid-account': {
    text: trans => trans.__("The account that the profile names is not valid, or not yours. Ask {ask}."),
    kinds: { ask: 'message' }
  },
  'wait.account-not-allowed': {
    text: trans => trans.__("Your account may not use that partition. Choose another profile, or ask {ask}."),
    kinds: { ask: 'message' }
  },
  'wait.invalid-qos': {
    text: trans => trans.__("The quality of service (QOS) that the profile names is not valid, or not yours. Ask {ask}."),
    kinds: { ask: 'message' }
  },
  'wait.qos-not-allowed': {
    text: trans => trans.__("Their quality of service (QOS) may not use that partition. Choose another profile, or ask {ask}."),
    kinds: { ask: 'message' }
  },
  'wait.qos-usage-threshold': {
    text: trans => trans.__("You have used more than your share for this quality of service (QOS). Choose another profile, or ask {ask}."),
    kinds: { ask: 'message' }
  },
  'wait.accounting-policy': {
    text: trans => trans.__("The rules of your account do not allow them. Ask {ask}."),
    kinds: { ask: 'message' }
  },
  'wait.dependency-never-satisfied': {
    text: trans => trans.__("The job that they depend on failed. Launch again."),
    kinds: {}
  },
  'wait.reservation-deleted': {
    text: trans => trans.__("Their reservation was removed. Choose another profile, or ask {ask}."),
    kinds: { ask: 'message' }
  },
  'wait.reservation-invalid': {
    text: trans => trans.__("Their reservation does not exist. Choose another profile, or ask {ask}."),
    kinds: { ask: 'message' }
  },
  'wait.burst-buffer-operation': {
    text: trans => trans.__("The burst buffer failed for them. Ask {ask}."),
    kinds: { ask: 'message' }
  },
  'wait.sched-defer': {
    text: trans => trans.__("The batch system starts no job of that kind at once. Ask {ask}."),
    kinds: { ask: 'message' }
  },
  'wait.dead-line': {
    text: trans => trans.__("They can no longer end before their deadline. Launch again."),
    kinds: {}
  },
  'wait.inactive-limit': {
    text: trans => trans.__("They were not active for too long. Launch again."),
    kinds: {}
  },
  'wait.system-failure': {
    text: trans => trans.__("The batch system failed to run them. Ask {ask}."),
    kinds: { ask: 'message' }
  },
  'unit.cp-us': {
    text: trans => trans.__("CPUs"),
    kinds: {}
  },
  'unit.memory': {
    text: trans => trans.__("memory"),
    kinds: {}
  },
  'unit.nodes': {
    text: trans => trans.__("nodes"),
    kinds: {}
  },
  'unit.devices': {
    text: trans => trans.__("devices (GRES)"),
    kinds: {}
  },
  'unit.licences': {
    text: trans => trans.__("licences"),
    kinds: {}
  },
  'unit.burst-buffer': {
    text: trans => trans.__("burst buffer"),
    kinds: {}
  },
  'unit.energy': {
    text: trans => trans.__("energy"),
    kinds: {}
  },
  'unit.billing-units': {
    text: trans => trans.__("billing units"),
    kinds: {}
  },
  'unit.time': {
    text: trans => trans.__("time"),
    kinds: {}
  },
  'unit.jobs': {
    text: trans => trans.__("jobs"),
    kinds: {}
  },
  'unit.jobs-in-the-queue': {
    text: trans => trans.__("jobs in the queue"),
    kinds: {}
  },
  'unit.resources': {
    text: trans => trans.__("resources"),
    kinds: {}
  },
  'wait.default': {
    text: trans => trans.__("The batch system starts them when it can."),
    kinds: {}
  },
  'wait.limit-minimum': {
    text: trans => trans.__("{whose} asks for more {unit} a job than they have{size}. Launch again with more, or ask {ask}."),
    kinds: { whose: 'message', unit: 'message', size: 'message', ask: 'message' }
  },
  'wait.limit-running-time': {
    text: trans => trans.__("What runs already has all the {unit} times time that {its} may have at once."),
    kinds: { unit: 'message', its: 'message' }
  },
  'wait.used-up-computing-time': {
    text: trans => trans.__("{whose} has used up its computing time. Nothing starts until it gets more: ask {ask}."),
    kinds: { whose: 'message', ask: 'message' }
  },
  'wait.used-up-unit-time': {
    text: trans => trans.__("{whose} has used up its {unit} times time. Nothing starts until it gets more: ask {ask}."),
    kinds: { whose: 'message', unit: 'message', ask: 'message' }
  },
  'wait.limit-time': {
    text: trans => trans.__("They ask for more time{time} than {its} allows. Launch again with less {who} time."),
    kinds: { time: 'message', its: 'message', who: 'message' }
  },
  'wait.limit-unit-time': {
    text: trans => trans.__("They ask for more {unit} times time{time} than {its} allows a job. Launch again with less {who} time, or with less of that per {who}."),
    kinds: { unit: 'message', time: 'message', its: 'message', who: 'message' }
  },
  'wait.limit-of-a-job': {
    text: trans => trans.__("They ask for more {unit}{size} than {its} allows a job. Launch again with less of that per {who}."),
    kinds: { unit: 'message', size: 'message', its: 'message', who: 'message' }
  },
  'wait.limit-of-a-node': {
    text: trans => trans.__("They ask for more {unit}{size} than {its} allows a job on one node. Launch again with less of that per {who}."),
    kinds: { unit: 'message', size: 'message', its: 'message', who: 'message' }
  },
  'wait.you-use': {
    text: trans => trans.__("You use as many {unit} as allowed at once."),
    kinds: { unit: 'message' }
  },
  'wait.you-use-memory': {
    text: trans => trans.__("You use as much {unit} as allowed at once."),
    kinds: { unit: 'message' }
  },
  'wait.used-at-once': {
    text: trans => trans.__("{whose} uses as many {unit} as allowed at once."),
    kinds: { whose: 'message', unit: 'message' }
  },
  'wait.memory-at-once': {
    text: trans => trans.__("{whose} uses as much {unit} as allowed at once."),
    kinds: { whose: 'message', unit: 'message' }
  },
  'limit.your-account': {
    text: trans => trans.__("Your account"),
    kinds: {}
  },
  'limit.their-qos': {
    text: trans => trans.__("Their quality of service (QOS)"),
    kinds: {}
  },
  'limit.of-your-account': {
    text: trans => trans.__("your account"),
    kinds: {}
  },
  'limit.of-their-qos': {
    text: trans => trans.__("their quality of service (QOS)"),
    kinds: {}
  },
  'asked.memory-and-cpus': {
    text: (trans, count) => trans._n(" ({memory} memory, {cpus} CPU)", " ({memory} memory, {cpus} CPUs)", count),
    kinds: { memory: 'text', cpus: 'number' },
    by: 'cpus'
  },
  'asked.memory': {
    text: trans => trans.__(" ({memory} memory)"),
    kinds: { memory: 'text' }
  },
  'asked.cpus': {
    text: (trans, count) => trans._n(" ({cpus} CPU)", " ({cpus} CPUs)", count),
    kinds: { cpus: 'number' },
    by: 'cpus'
  },
  'asked.value': {
    text: trans => trans.__(" ({value})"),
    kinds: { value: 'text' }
  },
  'role.worker': {
    text: trans => trans.__("worker"),
    kinds: {}
  },
  'role.scheduler': {
    text: trans => trans.__("scheduler"),
    kinds: {}
  },
  'ask.administrators': {
    text: trans => trans.__("the administrators of the batch system"),
    kinds: {}
  },
  'log-folder.read-only': {
    text: trans => trans.__("it is mounted read-only"),
    kinds: {}
  },
  'log-folder.full': {
    text: trans => trans.__("the disk is full"),
    kinds: {}
  },
  'log-folder.silent': {
    text: trans => trans.__("the file system has not answered for {time}"),
    kinds: { time: 'duration' }
  },
  'log-folder.denied': {
    text: trans => trans.__("permission denied"),
    kinds: {}
  },
  'problem.log-folder': {
    text: trans => trans.__("{folder} cannot be written: {detail}"),
    kinds: { folder: 'text', detail: 'message' }
  },
  'advice.log-folder': {
    text: trans => trans.__("What the jobs write meanwhile is lost, and a job that starts may fail. Fix that, or free some space; the logs then continue."),
    kinds: {}
  },
  'problem.record': {
    text: trans => trans.__("The state of this cluster cannot be written: {detail}"),
    kinds: { detail: 'text' }
  },
  'advice.record': {
    text: trans => trans.__("The cluster keeps running and can be stopped, but submits nothing. Free some space in the folder where the notebook server keeps its clusters; submissions then continue."),
    kinds: {}
  },
  'problem.not-cancelled': {
    text: trans => trans.__("{batch} has not cancelled the jobs"),
    kinds: { batch: 'text' }
  },
  'advice.not-cancelled': {
    text: trans => trans.__("The cancel is repeated until no job is left. The command printed: \"{detail}\""),
    kinds: { detail: 'text' }
  },
  'advice.scale-up-refused': {
    text: trans => trans.__("The cluster continues with the workers that it has. {refusal}"),
    kinds: { refusal: 'message' }
  },
  'advice.replacements-refused': {
    text: trans => trans.__("The cluster continues with the workers that it has. They are submitted again every {interval}. {refusal}"),
    kinds: { interval: 'duration', refusal: 'message' }
  },
  'problem.scale-up-refused': {
    text: trans => trans.__("Further workers were refused"),
    kinds: {}
  },
  'problem.no-worker-with-resources': {
    text: (trans, count) => trans._n("1 task waits for a worker with resource {resources}", "{count} tasks wait for a worker with resource {resources}", count),
    kinds: { resources: 'list', count: 'number' },
    by: 'count'
  },
  'advice.no-worker-with-resources': {
    text: trans => trans.__("No connected worker has that. Cancel them, or launch a cluster whose workers have it: {setting} in the notebook, before the launch."),
    kinds: { setting: 'text' }
  },
  'problem.no-such-worker': {
    text: (trans, count) => trans._n("1 task waits for the worker or host {names}", "{count} tasks wait for the worker or host {names}", count),
    kinds: { names: 'list', count: 'number' },
    by: 'count'
  },
  'advice.no-such-worker': {
    text: trans => trans.__("No such worker is connected. Cancel them, or submit them with allow_other_workers=True."),
    kinds: {}
  },
  'problem.failed': {
    text: trans => trans.__("{count} failed: {how}"),
    kinds: { count: 'number', how: 'message' }
  },
  'problem.failed-on-node': {
    text: trans => trans.__("{count} failed on {node}: {how}"),
    kinds: { count: 'number', node: 'text', how: 'message' }
  },
  'problem.scheduler-silent': {
    text: trans => trans.__("Scheduler has not answered for over {time}"),
    kinds: { time: 'duration' }
  },
  'problem.scheduler-silent-on-node': {
    text: trans => trans.__("Scheduler on {node} has not answered for over {time}"),
    kinds: { node: 'text', time: 'duration' }
  },
  'advice.scheduler-silent': {
    text: trans => trans.__("It is very busy, or its process or node hangs. Counts and dashboard are as of before. See its log."),
    kinds: {}
  },
  'problem.connecting': {
    text: trans => trans.__("{count} connecting on {node} for over {time}"),
    kinds: { count: 'number', node: 'text', time: 'duration' }
  },
  'advice.connecting': {
    text: trans => trans.__("Their jobs run, but they have not connected to the scheduler. See their logs."),
    kinds: {}
  },
  'problem.workers-ended': {
    text: (trans, count) => trans._n("Worker {names} on {node} has ended; its job goes on with the others", "{count} workers on {node} have ended ({names}); their jobs go on with the others", count),
    kinds: { names: 'list', node: 'text', count: 'number' },
    by: 'count'
  },
  'advice.workers-ended': {
    text: trans => trans.__("They are not replaced by themselves: change the number of workers to start others in a further job. The log of the job may show why they ended."),
    kinds: {}
  },
  'advice.workers-ended-in-one-job': {
    text: trans => trans.__("Nothing starts them again in this job. The log of the node may show why they ended."),
    kinds: {}
  },
  'problem.workers-restarted': {
    text: (trans, count) => trans._n("Worker {names} of job {job} on {node} was restarted: {how}", "{count} workers of job {job} on {node} were restarted: {how} ({names})", count),
    kinds: { names: 'list', job: 'text', node: 'text', how: 'message', count: 'number' },
    by: 'count'
  },
  'advice.restarted': {
    text: (trans, count) => trans._n("The nanny has started it again; the job goes on.", "Nannies have started workers again {times} times; the job goes on.", count),
    kinds: { times: 'number' },
    by: 'times'
  },
  'advice.worker-memory': {
    text: trans => trans.__("It reached the memory that a worker may use. Ask for more memory, or for fewer workers in a job, or use smaller partitions."),
    kinds: {}
  },
  'advice.worker-killed': {
    text: trans => trans.__("Something killed it, often because its node or its job ran out of memory. See the log of the job."),
    kinds: {}
  },
  'advice.worker-ended': {
    text: trans => trans.__("A task has ended its process, or it has crashed. See the log of the job."),
    kinds: {}
  },
  'wait.not-considered': {
    text: trans => trans.__("not yet considered by the batch system"),
    kinds: {}
  },
  'problem.node-absent': {
    text: trans => trans.__("{count} on node {number} of the job have not started for over {time}"),
    kinds: { count: 'number', number: 'number', time: 'duration' }
  },
  'advice.node-absent': {
    text: trans => trans.__("The job runs, but its launcher has started nothing on this node. See the scheduler's log."),
    kinds: {}
  },
  'problem.scheduler-never': {
    text: trans => trans.__("Scheduler will not start: {why}"),
    kinds: { why: 'message' }
  },
  'problem.scheduler-pending': {
    text: trans => trans.__("Scheduler pending: {why}"),
    kinds: { why: 'message' }
  },
  'problem.never': {
    text: trans => trans.__("{count} will not start: {why}"),
    kinds: { count: 'number', why: 'message' }
  },
  'problem.pending': {
    text: trans => trans.__("{count} pending: {why}"),
    kinds: { count: 'number', why: 'message' }
  },
  'cluster.starting': {
    text: trans => trans.__("The scheduler of {name} has not started yet."),
    kinds: { name: 'text' }
  },
  'cluster.unknown': {
    text: trans => trans.__("There is no such cluster."),
    kinds: {}
  },
  'cluster.ended': {
    text: trans => trans.__("{name} has ended."),
    kinds: { name: 'text' }
  },
  'cluster.ended-because': {
    text: trans => trans.__("{name} has ended. {reason}"),
    kinds: { name: 'text', reason: 'message' }
  },
  'launch.too-many': {
    text: trans => trans.__("You run {maximum} clusters already. Stop one first."),
    kinds: { maximum: 'number' }
  },
  'batch.refused': {
    text: trans => trans.__("{batch} refused: \"{detail}\""),
    kinds: { batch: 'text', detail: 'text' }
  },
  'profile.gone': {
    text: trans => trans.__("The profile {profile} is no longer offered."),
    kinds: { profile: 'text' }
  },
  'cluster.silent': {
    text: trans => trans.__("The scheduler of {name} does not answer. Try again in a moment."),
    kinds: { name: 'text' }
  },
  'launch.cancelled': {
    text: trans => trans.__("{reason} {name} was not launched."),
    kinds: { reason: 'message', name: 'text' }
  },
  'notice.no-batch-system': {
    text: trans => trans.__("{name} is not controlled: this site no longer offers the batch system {batch}."),
    kinds: { name: 'text', batch: 'text' }
  },
  'notice.not-submitted': {
    text: trans => trans.__("The notebook server ended before {name} was submitted. Launch it again."),
    kinds: { name: 'text' }
  },
  'record.no-file': {
    text: trans => trans.__("it is no file"),
    kinds: {}
  },
  'record.too-large': {
    text: trans => trans.__("it is far too large"),
    kinds: {}
  },
  'record.of-another-user': {
    text: trans => trans.__("it belongs to another user"),
    kinds: {}
  },
  'record.folder-of-another-user': {
    text: trans => trans.__("its folder belongs to another user"),
    kinds: {}
  },
  'record.writable': {
    text: trans => trans.__("others may write it"),
    kinds: {}
  },
  'record.folder-writable': {
    text: trans => trans.__("others may write into its folder"),
    kinds: {}
  },
  'record.empty': {
    text: trans => trans.__("it is empty"),
    kinds: {}
  },
  'record.damaged': {
    text: trans => trans.__("it is damaged ({detail})"),
    kinds: { detail: 'text' }
  },
  'record.newer': {
    text: trans => trans.__("a newer version of this extension wrote it (format {version}, known are up to {known})"),
    kinds: { version: 'number', known: 'number' }
  },
  'record.of-another-folder': {
    text: trans => trans.__("it belongs to another folder"),
    kinds: {}
  },
  'record.not-shown': {
    text: trans => trans.__("it cannot be shown ({detail})"),
    kinds: { detail: 'text' }
  },
  'notice.damaged-record': {
    text: trans => trans.__("The record of the cluster {cluster} cannot be used: {detail}. It is not shown; its jobs end by themselves within {within} of their start. Remove {folder} to remove this message."),
    kinds: { cluster: 'text', detail: 'message', within: 'duration', folder: 'text' }
  },
  'workers.running': {
    text: trans => trans.__("{running} of {requested} running"),
    kinds: { running: 'number', requested: 'number' }
  },
  'usage.little-memory': {
    text: trans => trans.__("Workers used at most {used} of {requested}. Worker memory {memory} is enough."),
    kinds: { used: 'bytes', requested: 'bytes', memory: 'text' }
  },
  'usage.much-memory': {
    text: trans => trans.__("Workers used up to {used} of {requested}. Ask for worker memory {memory}."),
    kinds: { used: 'bytes', requested: 'bytes', memory: 'text' }
  },
  'profile.unknown': {
    text: trans => trans.__("There is no such profile. This site offers: {offered}."),
    kinds: { offered: 'list' }
  },
  'launch.folder-not-writable': {
    text: trans => trans.__("Nothing was launched, since {folder} cannot be written: {detail}. Free some space there, then launch again."),
    kinds: { folder: 'text', detail: 'text' }
  },
  'notice.no-locks': {
    text: trans => trans.__("Files in {folder} cannot be locked ({detail}). Run one notebook server at a time with this home: a second one would act on the same clusters."),
    kinds: { folder: 'text', detail: 'text' }
  },
  'notice.too-many-servers': {
    text: trans => trans.__("{count} notebook servers with this home seem to run. Clusters of an earlier one are not shown here; they end by themselves. Stop those servers, or remove {folder}."),
    kinds: { count: 'number', folder: 'text' }
  },
  'check.default-refused': {
    text: trans => trans.__("A launch with all defaults is refused, at {field}: {why}"),
    kinds: { field: 'text', why: 'message' }
  },
  'check.runs-on-nodes': {
    text: trans => trans.__("This script runs on each node of that job."),
    kinds: {}
  },
  'check.not-installed': {
    text: trans => trans.__("{batch} was not asked: it is not installed here."),
    kinds: { batch: 'text' }
  },
  'check.refused': {
    text: trans => trans.__("{batch} refuses this job: {detail}"),
    kinds: { batch: 'text', detail: 'text' }
  },
  'check.silent': {
    text: trans => trans.__("{batch} was asked, and did not answer: {detail}"),
    kinds: { batch: 'text', detail: 'text' }
  },
  'check.no-estimate': {
    text: trans => trans.__("{batch} was asked whether it takes this job, and gave no start."),
    kinds: { batch: 'text' }
  },
  'check.accepted': {
    text: trans => trans.__("{batch} takes this job, and would start it at {at}."),
    kinds: { batch: 'text', at: 'moment' }
  },
  'check.starts-at-once': {
    text: trans => trans.__("This job would start at once."),
    kinds: {}
  },
  'examined.command-missing': {
    text: trans => trans.__("Install the batch system's client commands on this server, or add the folder of {command} to the PATH of the notebook server (in the spawner's environment, not in .bashrc)."),
    kinds: { command: 'text' }
  },
  'examined.command-silent': {
    text: trans => trans.__("Run {command} --version in a terminal of this server. If it hangs there too, a wrapper or a file system does; if it is only slow, raise c.DaskHpc.command_timeout."),
    kinds: { command: 'text' }
  },
  'examined.command-fails': {
    text: trans => trans.__("Run {command} --version in a terminal of this server: it has to print its version."),
    kinds: { command: 'text' }
  },
  'examined.banner': {
    text: trans => trans.__("{version}, and other lines: {text}"),
    kinds: { version: 'text', text: 'text' }
  },
  'examined.banner-advice': {
    text: trans => trans.__("Something prints into the answers of {command}: a wrapper, or a start-up file of the shell. Let .bashrc print only in interactive shells, by [[ $- == *i* ]] || return as its first line."),
    kinds: { command: 'text' }
  },
  'examined.controller-advice': {
    text: trans => trans.__("Slurm's controller has to answer this server: look at SLURM_CONF or slurm.conf, at munge, and at the network."),
    kinds: {}
  },
  'examined.no-accounting': {
    text: trans => trans.__("There is no accounting, and none is needed: how a job ended is known as long as Slurm's controller knows the job."),
    kinds: {}
  },
  'examined.accounting': {
    text: trans => trans.__("It answers."),
    kinds: {}
  },
  'examined.accounting-advice': {
    text: trans => trans.__("How jobs ended that have left the queue stays unknown until slurmdbd answers sacct on this server."),
    kinds: {}
  },
  'doctor.command': {
    text: trans => trans.__("{subject}"),
    kinds: { subject: 'text' }
  },
  'doctor.queue': {
    text: trans => trans.__("jobs in {batch}"),
    kinds: { batch: 'text' }
  },
  'doctor.queue.found': {
    text: (trans, count) => trans._n("It shows 1 job of yours.", "It shows {count} jobs of yours.", count),
    kinds: { count: 'number' },
    by: 'count'
  },
  'doctor.queue.advice': {
    text: trans => trans.__("{batch} has to answer this server before a cluster can run. Ask your administrators, and run the same command in a terminal here."),
    kinds: { batch: 'text' }
  },
  'doctor.access': {
    text: trans => trans.__("access"),
    kinds: {}
  },
  'doctor.access.allowed': {
    text: trans => trans.__("You may launch with this profile."),
    kinds: {}
  },
  'doctor.access.advice': {
    text: trans => trans.__("Add the user, or one of the user's groups, to the profile."),
    kinds: {}
  },
  'doctor.folder.not-writable': {
    text: trans => trans.__("{folder} cannot be written: {detail}."),
    kinds: { folder: 'text', detail: 'text' }
  },
  'doctor.folder.here-alone': {
    text: trans => trans.__("{folder} is on this machine alone (file system: {kind})."),
    kinds: { folder: 'text', kind: 'text' }
  },
  'doctor.folder.open': {
    text: trans => trans.__("Others can write to {folder}."),
    kinds: { folder: 'text' }
  },
  'doctor.folder.open-advice': {
    text: trans => trans.__("Take the right to write away from group and others: it holds keys."),
    kinds: {}
  },
  'doctor.state-folder': {
    text: trans => trans.__("state folder"),
    kinds: {}
  },
  'doctor.state-folder.advice': {
    text: trans => trans.__("Set c.DaskHpc.state_folder to a folder of the user on a file system that the nodes share under the same path."),
    kinds: {}
  },
  'doctor.state-folder.node': {
    text: trans => trans.__("state folder ({role})"),
    kinds: { role: 'message' }
  },
  'doctor.state-folder.unseen': {
    text: trans => trans.__("{node} does not see {folder}, or not the same content."),
    kinds: { node: 'text', folder: 'text' }
  },
  'doctor.workspace': {
    text: trans => trans.__("workspace"),
    kinds: {}
  },
  'doctor.workspace.advice': {
    text: trans => trans.__("Choose a folder that you can write to."),
    kinds: {}
  },
  'doctor.workspace.shared-advice': {
    text: trans => trans.__("Launch from a folder that the nodes share under the same path, and list such folders in shared_paths, so that the form refuses others."),
    kinds: {}
  },
  'doctor.workspace.node': {
    text: trans => trans.__("workspace ({role})"),
    kinds: { role: 'message' }
  },
  'doctor.workspace.unseen': {
    text: trans => trans.__("{node} cannot write a log below {folder}."),
    kinds: { node: 'text', folder: 'text' }
  },
  'doctor.python': {
    text: trans => trans.__("Python"),
    kinds: {}
  },
  'doctor.python.unseen': {
    text: trans => trans.__("{python} is not seen here. The nodes may see it."),
    kinds: { python: 'text' }
  },
  'doctor.python.advice': {
    text: trans => trans.__("Set python to a program that the nodes see under this path, with distributed installed."),
    kinds: {}
  },
  'doctor.python.node': {
    text: trans => trans.__("Python ({role})"),
    kinds: { role: 'message' }
  },
  'doctor.python.not-started': {
    text: trans => trans.__("Python ({python}) does not start on {node}. The last lines: {lines}"),
    kinds: { python: 'text', node: 'text', lines: 'text' }
  },
  'doctor.python.no-distributed': {
    text: trans => trans.__("distributed does not load with {python}: {detail}"),
    kinds: { python: 'text', detail: 'text' }
  },
  'doctor.python.distributed-advice': {
    text: trans => trans.__("Install distributed there, or set python to an environment that has it."),
    kinds: {}
  },
  'doctor.python.found': {
    text: trans => trans.__("{python}: Python {version}, distributed {distributed}"),
    kinds: { python: 'text', version: 'text', distributed: 'text' }
  },
  'doctor.python.none': {
    text: trans => trans.__("distributed does not load."),
    kinds: {}
  },
  'doctor.option': {
    text: trans => trans.__("option {name}"),
    kinds: { name: 'text' }
  },
  'doctor.option.found': {
    text: trans => trans.__("Yours: {values}"),
    kinds: { values: 'list' }
  },
  'doctor.option.advice': {
    text: trans => trans.__("Ask the same source in a terminal here, or list the values in the profile."),
    kinds: {}
  },
  'doctor.accepted': {
    text: trans => trans.__("would be accepted ({role})"),
    kinds: { role: 'message' }
  },
  'doctor.accepted.unasked': {
    text: trans => trans.__("Nothing is known against it."),
    kinds: {}
  },
  'doctor.accepted.start': {
    text: trans => trans.__("It would start at {at}."),
    kinds: { at: 'moment' }
  },
  'doctor.refused.advice': {
    text: trans => trans.__("The options of this job are: {options}. Change those in {part}, or ask your administrators which are yours."),
    kinds: { options: 'list', part: 'text' }
  },
  'doctor.launch': {
    text: trans => trans.__("launch"),
    kinds: {}
  },
  'doctor.launch.impossible': {
    text: trans => trans.__("No job was submitted, because of what was found before."),
    kinds: {}
  },
  'doctor.launch.request-advice': {
    text: trans => trans.__("Change the limits and defaults of the profile until a launch with all defaults is possible."),
    kinds: {}
  },
  'doctor.launch.refused-before': {
    text: trans => trans.__("No job was submitted, since it would be refused."),
    kinds: {}
  },
  'doctor.launch.role': {
    text: trans => trans.__("launch ({role})"),
    kinds: { role: 'message' }
  },
  'doctor.launch.ran': {
    text: trans => trans.__("It ran on {node}, {seconds} after its submission."),
    kinds: { node: 'text', seconds: 'duration' }
  },
  'doctor.launch.pending': {
    text: trans => trans.__("It did not start within {seconds}: {why}"),
    kinds: { seconds: 'duration', why: 'message' }
  },
  'doctor.launch.pending-advice': {
    text: trans => trans.__("{why} To wait longer: --wait."),
    kinds: { why: 'message' }
  },
  'doctor.launch.unseen': {
    text: trans => trans.__("The job was submitted, and the batch system does not show it."),
    kinds: {}
  },
  'doctor.launch.slow': {
    text: trans => trans.__("It runs on {node}, and reported nothing for {seconds}. The last lines: {lines}"),
    kinds: { node: 'text', seconds: 'duration', lines: 'text' }
  },
  'doctor.launch.failed': {
    text: trans => trans.__("It ended on {node} without a report: {state}. The last lines: {lines}"),
    kinds: { node: 'text', state: 'text', lines: 'text' }
  },
  'doctor.launch.advice': {
    text: trans => trans.__("Look at the last lines, and at what the profile runs before Python."),
    kinds: {}
  },
  'doctor.clock': {
    text: trans => trans.__("clock ({role})"),
    kinds: { role: 'message' }
  },
  'doctor.clock.same': {
    text: trans => trans.__("It agrees with this server's."),
    kinds: {}
  },
  'doctor.clock.behind': {
    text: trans => trans.__("It is at least {seconds} behind this server's."),
    kinds: { seconds: 'duration' }
  },
  'doctor.clock.ahead': {
    text: trans => trans.__("It is at least {seconds} ahead of this server's."),
    kinds: { seconds: 'duration' }
  },
  'doctor.clock.advice': {
    text: trans => trans.__("Set both clocks by NTP (chronyc tracking shows which is wrong): logs mislead, and munge and Kerberos refuse clocks that differ by five minutes."),
    kinds: {}
  },
  'doctor.scratch': {
    text: trans => trans.__("scratch ({role})"),
    kinds: { role: 'message' }
  },
  'doctor.scratch.advice': {
    text: trans => trans.__("Set a folder on the node's own disk: workers write there what does not fit into their memory."),
    kinds: {}
  },
  'doctor.scratch.in-memory': {
    text: trans => trans.__("{folder} is in memory ({kind}): what workers write there to free memory takes memory."),
    kinds: { folder: 'text', kind: 'text' }
  },
  'doctor.scratch.found': {
    text: trans => trans.__("{folder} ({kind}), {free} free"),
    kinds: { folder: 'text', kind: 'text', free: 'bytes' }
  },
  'doctor.dashboard': {
    text: trans => trans.__("dashboard"),
    kinds: {}
  },
  'doctor.dashboard.missing': {
    text: trans => trans.__("It does not load: {detail}"),
    kinds: { detail: 'text' }
  },
  'doctor.dashboard.advice': {
    text: trans => trans.__("Install bokeh into the environment of the Python of the jobs, in the version that its distributed wants."),
    kinds: {}
  },
  'doctor.dashboard.found': {
    text: trans => trans.__("bokeh {version}"),
    kinds: { version: 'text' }
  },
  'doctor.address.failed': {
    text: trans => trans.__("distributed finds no address to listen at: {detail}"),
    kinds: { detail: 'text' }
  },
  'doctor.name': {
    text: trans => trans.__("name of the node ({role})"),
    kinds: { role: 'message' }
  },
  'doctor.name.failed': {
    text: trans => trans.__("This server cannot resolve {host}: {detail}"),
    kinds: { host: 'text', detail: 'text' }
  },
  'doctor.name.found': {
    text: trans => trans.__("This server resolves {host}."),
    kinds: { host: 'text' }
  },
  'doctor.name.not-needed': {
    text: trans => trans.__("None is needed: the node gives the address {host}."),
    kinds: { host: 'text' }
  },
  'doctor.route': {
    text: trans => trans.__("server to node ({role})"),
    kinds: { role: 'message' }
  },
  'doctor.route.failed': {
    text: trans => trans.__("This server cannot connect to {host}: {detail}"),
    kinds: { host: 'text', detail: 'text' }
  },
  'doctor.route.found': {
    text: trans => trans.__("This server connects to {host}."),
    kinds: { host: 'text' }
  },
  'doctor.route.advice': {
    text: trans => trans.__("Let this server and the nodes connect to all ports of the nodes, or choose another interface of the node, by \"--interface\", \"NAME\". It has {interfaces}."),
    kinds: { interfaces: 'list' }
  },
  'doctor.tls': {
    text: trans => trans.__("TLS ({role})"),
    kinds: { role: 'message' }
  },
  'doctor.tls.advice': {
    text: trans => trans.__("Something else answers there, or changes the connection: a proxy, or another program at this address. Choose another interface."),
    kinds: {}
  },
  'doctor.tls.found': {
    text: trans => trans.__("Both ends have shown their certificates."),
    kinds: {}
  },
  'doctor.peers': {
    text: trans => trans.__("{here} to {there}"),
    kinds: { here: 'message', there: 'message' }
  },
  'doctor.peers.missing': {
    text: trans => trans.__("Not both jobs have reported while they ran at the same time."),
    kinds: {}
  },
  'doctor.peers.failed': {
    text: trans => trans.__("It cannot connect to {address}: {detail}"),
    kinds: { address: 'text', detail: 'text' }
  },
  'doctor.peers.found': {
    text: trans => trans.__("It connects to {address}."),
    kinds: { address: 'text' }
  },
  'doctor.back': {
    text: trans => trans.__("node to server"),
    kinds: {}
  },
  'doctor.back.found': {
    text: trans => trans.__("Nothing is needed: the nodes have not connected to this server."),
    kinds: {}
  },
  'doctor.running': {
    text: trans => trans.__("A check is running on this server already. Wait for its end."),
    kinds: {}
  },
  'doctor.administrators-only': {
    text: trans => trans.__("This check is for the site's administrators (c.DaskHpc.administrators). In a terminal everybody may run jupyter dask-hpc doctor."),
    kinds: {}
  },
  'doctor.interrupted': {
    text: trans => trans.__("Interrupted. Nothing is left behind."),
    kinds: {}
  },
  'doctor.progress': {
    text: trans => trans.__("A tiny job runs for each role of a cluster in {batch}. It may wait in the queue for {wait}."),
    kinds: { batch: 'text', wait: 'duration' }
  },
  'notice.batch-silent': {
    text: trans => trans.__("{batch} is installed here, and does not answer (\"{detail}\"). So {second} is the default profile; choose {first} once {batch} answers."),
    kinds: { batch: 'text', detail: 'text', second: 'text', first: 'text' }
  }
} as const satisfies Record<string, ITemplate>;
