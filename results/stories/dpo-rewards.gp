# Draws dpo-rewards.svg and dpo-rewards.png from dpo-rewards.csv:  gnuplot dpo-rewards.gp
set datafile separator ","
set title "DPO: implicit rewards" font ",13"
set xlabel "training step"
set ylabel "β·log π/π\\_ref"
set border 3 lc rgb "#666666"
set tics nomirror out
set grid lc rgb "#e4e4e4" lw 1
set key outside right top vertical Left reverse samplen 2
set style fill transparent solid 0.18 noborder
set xtics auto
data = "dpo-rewards.csv"
set terminal svg size 760,420 font "Helvetica,12" name "dpo_rewards" background rgb "white"
set output "dpo-rewards.svg"
plot data using ($1==0?$2:1/0):($1==0?$4:1/0):($1==0?$5:1/0) skip 1 with filledcurves lc rgb "#CC79A7" notitle, \
  data using ($1==0?$2:1/0):($1==0?$3:1/0) skip 1 with linespoints lw 2 pt 7 ps 0.35 lc rgb "#CC79A7" title "chosen", \
  data using ($1==1?$2:1/0):($1==1?$4:1/0):($1==1?$5:1/0) skip 1 with filledcurves lc rgb "#E69F00" notitle, \
  data using ($1==1?$2:1/0):($1==1?$3:1/0) skip 1 with linespoints lw 2 pt 7 ps 0.35 lc rgb "#E69F00" title "rejected", \
  data using ($1==2?$2:1/0):($1==2?$4:1/0):($1==2?$5:1/0) skip 1 with filledcurves lc rgb "#F0E442" notitle, \
  data using ($1==2?$2:1/0):($1==2?$3:1/0) skip 1 with linespoints lw 2 pt 7 ps 0.35 lc rgb "#F0E442" title "margin"
set terminal pngcairo size 1140,630 font "Helvetica,15"
set output "dpo-rewards.png"
replot
