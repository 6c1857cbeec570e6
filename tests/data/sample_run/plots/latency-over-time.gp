# Drawn by titorelli. Draw again: gnuplot latency-over-time.gp (in this folder)
set terminal svg size 1000,520 dynamic enhanced font 'DejaVu Sans,13' background rgb 'white'
set output 'latency-over-time.svg'
DATA = 'latency-over-time.dat'
RUN = 'sample.lua, seed 1: passed'
END = 10
FAULTS = 1

# title: Latency over time
# see: what an acknowledged record waited, by the second in which it was meant to be sent; a hill that leans left is an outage that ended for all at once
# data: windows produce.latency.p50_us produce.latency.p99_us produce.latency.max_us e2e.latency.p99_us records.failed records.unfinished
# data: faults
set title "Latency over time\n".RUN noenhanced
set xlabel "virtual time of the intended send (s)"
set ylabel "latency (log scale)"
set logscale y
set ytics ('1 ms' 1, '10 ms' 10, '100 ms' 100, '1 s' 1000, '10 s' 10000, '100 s' 100000, '1000 s' 1000000)
set tics out nomirror
set xrange [0:END]
stats DATA index 'windows' using ($4/1000) name 'TOP' nooutput
set yrange [0.5:TOP_max*30]
set grid ytics xtics lc rgb '#dddddd'
set key outside right top
set y2range [0:1]
unset y2tics
set style fill solid 0.25 noborder
plot \
  (FAULTS > 0 ? DATA : '/dev/null') index 'faults' using (($1+$2)/2):(1):1:2:(0):(1) axes x1y2 with boxxyerror lc rgb '#d98880' title (FAULTS > 0 ? 'fault' : ''), \
  (FAULTS > 0 ? DATA : '/dev/null') index 'faults' using 1:(0):(0):(1) axes x1y2 with vectors nohead dt 3 lc rgb '#943126' notitle, \
  (FAULTS > 0 ? DATA : '/dev/null') index 'faults' using 1:(0.96-0.06*(int($0)%6)):($1 < 0.6*END ? stringcolumn(3) : '') axes x1y2 with labels left noenhanced offset 0.5,0 font ',10' tc rgb '#943126' notitle, \
  (FAULTS > 0 ? DATA : '/dev/null') index 'faults' using 1:(0.96-0.06*(int($0)%6)):($1 < 0.6*END ? '' : stringcolumn(3)) axes x1y2 with labels right noenhanced offset -0.5,0 font ',10' tc rgb '#943126' notitle, \
  DATA index 'windows' using 1:($2/1000) with lines lw 2 lc rgb '#1f618d' title 'produce p50', \
  DATA index 'windows' using 1:($3/1000) with lines lw 2 lc rgb '#e67e22' title 'produce p99', \
  DATA index 'windows' using 1:($4/1000) with points pt 7 ps 0.4 lc rgb '#7b241c' title 'produce max', \
  DATA index 'windows' using 1:($5/1000) with lines dt 2 lw 1.5 lc rgb '#117a65' title 'end to end p99', \
  DATA index 'windows' using 1:($6 > 0 ? 0.7 : NaN) with points pt 2 ps 0.8 lw 2 lc rgb '#c0392b' title 'sends failed', \
  DATA index 'windows' using 1:($7 > 0 ? 0.7 : NaN) with points pt 6 ps 0.8 lw 2 lc rgb '#884ea0' title 'sends unfinished'
