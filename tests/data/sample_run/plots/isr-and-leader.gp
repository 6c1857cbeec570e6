# Drawn by titorelli. Draw again: gnuplot isr-and-leader.gp (in this folder)
set terminal svg size 1000,520 dynamic enhanced font 'DejaVu Sans,13' background rgb 'white'
set output 'isr-and-leader.svg'
DATA = 'isr-and-leader.dat'
RUN = 'sample.lua, seed 1: passed'
END = 10
FAULTS = 1

# title: ISR and leader over time
# see: a row for each replica: who led, who was in sync; a gap without a leader is an outage of that partition
# data: replicas
# data: faults
set title "In-sync replicas and leaders\n".RUN noenhanced
set xlabel "virtual time (s)"
set ylabel "partition on broker"
set xrange [0:END]
stats DATA index 'replicas' using 3 nooutput
set yrange [STATS_max+0.7:-0.7]
set tics out nomirror
set grid xtics lc rgb '#dddddd'
set key outside right top
set y2range [0:1]
unset y2tics
set style fill solid 0.2 noborder
plot \
  (FAULTS > 0 ? DATA : '/dev/null') index 'faults' using (($1+$2)/2):(1):1:2:(0):(1) axes x1y2 with boxxyerror lc rgb '#d98880' title (FAULTS > 0 ? 'fault' : ''), \
  (FAULTS > 0 ? DATA : '/dev/null') index 'faults' using 1:(0):(0):(1) axes x1y2 with vectors nohead dt 3 lc rgb '#943126' notitle, \
  DATA index 'replicas' using 1:3:ytic(stringcolumn(5)) with dots lc rgb '#ffffff' notitle, \
  DATA index 'replicas' using (($1+$2)/2):($4 == 0 ? $3 : 1/0):1:2:($3-0.3):($3+0.3) with boxxyerror fs solid 1.0 lc rgb '#d5d8dc' title 'out of the ISR', \
  DATA index 'replicas' using (($1+$2)/2):($4 == 1 ? $3 : 1/0):1:2:($3-0.3):($3+0.3) with boxxyerror fs solid 1.0 lc rgb '#7fb3d5' title 'in the ISR', \
  DATA index 'replicas' using (($1+$2)/2):($4 == 2 ? $3 : 1/0):1:2:($3-0.3):($3+0.3) with boxxyerror fs solid 1.0 lc rgb '#1f618d' title 'leader'
