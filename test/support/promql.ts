import { parser } from '@prometheus-io/lezer-promql';

/** A node of the parser's tree. */
type Node = ReturnType<typeof parser.parse>['topNode'];

/** A condition on a label, as in reason!="OK". */
export interface Matcher {
  readonly label: string;
  readonly operator: string;
  readonly value: string;
}

/** What a query asks for: a series by name, under conditions, and the labels it is grouped by from the inside out. */
export interface Selector {
  readonly metric: string;
  readonly matchers: readonly Matcher[];
  readonly grouped: readonly string[];
}

/** The selectors of a PromQL query. Throws an Error that points at what is no PromQL. */
export function selectorsOf(query: string): Selector[] {
  const { topNode } = parser.parse(query);
  const selectors: Selector[] = [];
  const textOf = ({ from, to }: Node) => query.slice(from, to);
  function visit(node: Node, grouped: readonly string[]): void {
    if (node.type.isError) throw new Error(`no PromQL at ${node.from}: ${query}`);
    if (node.name === 'VectorSelector') selectors.push({ ...selectorOf(node, textOf), grouped });
    const modifier = node.name === 'AggregateExpr' ? node.getChild('AggregateModifier') : null;
    const labels = modifier ? namesIn(modifier, textOf) : [];
    for (const child of childrenOf(node)) visit(child, [...grouped, ...labels]);
  }
  visit(topNode, []);
  return selectors;
}

function selectorOf(node: Node, textOf: (node: Node) => string): Omit<Selector, 'grouped'> {
  const name = node.getChild('Identifier');
  if (!name) throw new Error(`a selector without a name: ${textOf(node)}`);
  const matchers = node.getChild('LabelMatchers');
  return {
    metric: textOf(name),
    matchers: (matchers ? childrenOf(matchers) : []).map((matcher) => {
      const [label, operator, value] = childrenOf(matcher).map(textOf);
      return { label: label!, operator: operator!, value: JSON.parse(value!) as string };
    }),
  };
}

const namesIn = (modifier: Node, textOf: (node: Node) => string): string[] =>
  (modifier.getChild('GroupingLabels')?.getChildren('LabelName') ?? []).map(textOf);

function childrenOf(node: Node): Node[] {
  const children: Node[] = [];
  for (let child = node.firstChild; child; child = child.nextSibling) children.push(child);
  return children;
}
