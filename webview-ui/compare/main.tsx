import { mountPage } from '../components/page.tsx';
import { readCompareState } from '../host/snapshot.ts';
import { ComparePage } from './compare-page.tsx';
import './compare.css';

mountPage({ readState: readCompareState, Content: ComparePage });
