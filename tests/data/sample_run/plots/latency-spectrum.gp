# Drawn by titorelli. Draw again: gnuplot latency-spectrum.gp (in this folder)
set terminal svg size 1000,520 dynamic enhanced font 'DejaVu Sans,13' background rgb 'white'
set output 'latency-spectrum.svg'
DATA = 'latency-spectrum.dat'
RUN = 'sample.lua, seed 1: passed'
END = 10
FAULTS = 1

# title: Percentile spectrum
# see: how the slowest records fared: each step right is ten times rarer; a cliff is an outage, a slope is queueing
# data: spectrum produce.latency
# data: spectrum e2e.latency
set title "Latency by percentile\n".RUN noenhanced
set xlabel "percentile of the records (each step right is ten times rarer)"
set ylabel "latency (log scale)"
set logscale x
set logscale y
set xrange [1:*]
set xtics ('0 %%' 1, '50 %%' 2, '90 %%' 10, '99 %%' 100, '99.9 %%' 1000, '99.99 %%' 10000, '99.999 %%' 100000)
set ytics ('1 us' 0.001, '10 us' 0.01, '100 us' 0.1, '1 ms' 1, '10 ms' 10, '100 ms' 100, '1 s' 1000, '10 s' 10000, '100 s' 100000, '1000 s' 1000000)
set tics out nomirror
set grid xtics ytics lc rgb '#dddddd'
set key right bottom
set rmargin 8
set yrange [*:*]
set offsets 0, 0, graph 0.05, 0
plot \
  DATA index 'spectrum produce.latency' using 1:2 with steps lw 2 lc rgb '#1f618d' title 'produce latency', \
  DATA index 'spectrum e2e.latency' using 1:2 with steps lw 2 dt 2 lc rgb '#117a65' title 'end to end latency'
