import { createContext, useContext } from 'react';
import { useStore } from 'zustand';
import type { Mapper, MapperState } from './mapper-store.ts';

/** The mapper on screen. */
export const MapperContext = createContext<Mapper | undefined>(undefined);

/** The mapper around this component; its methods are stable. */
export function useMapper(): Mapper {
  const mapper = useContext(MapperContext);
  if (mapper === undefined) throw new Error('This part belongs inside the mapper.');
  return mapper;
}

/** A part of the mapper's state; renders again only when that part changes. Never select a new object. */
export function useMapperState<T>(select: (state: MapperState) => T): T {
  return useStore(useMapper(), select);
}
