import { StreamLanguage, type StreamParser, type StringStream } from '@codemirror/language';

/** JSONata for CodeMirror: colours only, no tree. The order of the tests is the order in which the language reads. */

interface State {
  /** Inside a block comment. */
  comment: boolean;
  /** A slash would begin a regular expression here, not divide. */
  regex: boolean;
  /** After `{` or a comma: text followed by a colon names a field here, and is an ordinary text elsewhere. */
  key: boolean;
}

const words = new Set(['and', 'or', 'in', 'function', 'λ']);
const atoms = new Set(['true', 'false', 'null']);
const operators = /^(?:~>|:=|\?\?|\?:|\*\*|\.\.|!=|<=|>=|[-+*/%&=<>?:@#^|~!.,;])/;

function string(stream: StringStream, quote: string): void {
  for (let char = stream.next(); char !== undefined && char !== quote; char = stream.next()) if (char === '\\') stream.next();
}

function token(stream: StringStream, state: State): string | null {
  if (state.comment) {
    if (stream.match(/^.*?\*\//)) state.comment = false;
    else stream.skipToEnd();
    return 'comment';
  }
  if (stream.eatSpace()) return null;
  if (stream.match('/*')) {
    state.comment = true;
    return 'comment';
  }
  const mayBeRegex = state.regex;
  const mayBeKey = state.key;
  state.key = false;
  const value = (style: string | null) => {
    state.regex = false;
    return style;
  };
  const quote = stream.peek();
  if (quote === '"' || quote === "'") {
    stream.next();
    string(stream, quote);
    return value(mayBeKey && stream.match(/^\s*:(?!=)/, false) ? 'propertyName' : 'string');
  }
  if (quote === '`') {
    stream.next();
    string(stream, '`');
    return value('variableName');
  }
  if (stream.match(/^\d+(?:\.\d+)?(?:[eE][-+]?\d+)?/)) return value('number');
  if (mayBeRegex && stream.match(/^\/(?:[^/\\]|\\.)+\/[im]*/)) return value('regexp');
  if (stream.match(/^\$[A-Za-z_]\w*(?=\s*\()/)) return value('keyword');
  if (stream.match(/^\$\$?(?:[A-Za-z_]\w*)?/)) return value('variableName.special');
  const word = stream.match(/^[A-Za-z_λ]\w*/);
  if (word && word !== true) {
    const [name = ''] = word;
    if (words.has(name)) {
      state.regex = true;
      return 'operatorKeyword';
    }
    return value(atoms.has(name) ? 'atom' : 'variableName');
  }
  if (stream.match(/^[)\]}]/)) return value('bracket');
  if (stream.match(/^[([{]/)) {
    state.regex = true;
    state.key = stream.current() === '{';
    return 'bracket';
  }
  if (stream.match(operators)) {
    state.regex = true;
    state.key = stream.current() === ',';
    return 'operator';
  }
  stream.next();
  return null;
}

/** The reader of one token after the other, and what it remembers between them. */
export const jsonataTokens = {
  name: 'jsonata',
  startState: (): State => ({ comment: false, regex: true, key: false }),
  copyState: (state: State) => ({ ...state }),
  token,
  languageData: { commentTokens: { block: { open: '/*', close: '*/' } }, closeBrackets: { brackets: ['(', '[', '{', '"', "'", '`'] } },
} satisfies StreamParser<State>;

/** The language, for an editor's extensions. */
export const jsonataLanguage = StreamLanguage.define<State>(jsonataTokens);
