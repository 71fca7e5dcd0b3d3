import { Command } from 'commander';

await new Command('gnu-mlops').parseAsync();
