import { Menu } from '@mantine/core';
import { targetText } from '#shared/mapping/target.ts';
import { MenuDropdown } from '../ui/menu.tsx';
import { useMapper, useMapperState } from './context.ts';
import { choose, nameOfField } from './gestures.ts';
import { focusSide } from './mapper-actions.ts';

/** What a drop may mean, at the row it was dropped on; the first is what is meant most. */
export function DropMenu() {
  const mapper = useMapper();
  const asking = useMapperState((state) => state.asking);
  if (asking === undefined) return null;
  const cell =
    document.querySelector(`[data-rule="${CSS.escape(asking.row)}"]`) ??
    document.querySelector(`[data-side="target"] [data-row="${CSS.escape(asking.row)}"]`);
  const box = cell?.getBoundingClientRect();
  const field = asking.source.variable === undefined ? nameOfField(asking.source.path) : `$${asking.source.variable}`;
  const label = `How ${field} goes into ${targetText(asking.target.path) || 'the result'}`;
  return (
    <Menu
      opened
      onClose={() => {
        mapper.set({ asking: undefined });
        focusSide('target');
      }}
      position="bottom-start"
      offset={4}
      width={264}
    >
      <Menu.Target>
        <span style={{ position: 'fixed', left: box?.left ?? 200, top: box?.top ?? 200, width: 1, height: box?.height ?? 1 }} />
      </Menu.Target>
      <MenuDropdown aria-label={label}>
        <Menu.Label>{label}</Menu.Label>
        {asking.choices.map(({ meaning, label: words }) => (
          <Menu.Item
            key={meaning}
            onClick={() => {
              choose(mapper, meaning);
              focusSide('target');
            }}
          >
            {words}
          </Menu.Item>
        ))}
      </MenuDropdown>
    </Menu>
  );
}
