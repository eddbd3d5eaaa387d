# Draws dpo-loss.svg and dpo-loss.png from dpo-loss.csv:  gnuplot dpo-loss.gp
set datafile separator ","
set title "DPO: loss" font ",13"
set xlabel "training step"
set ylabel "nats per pair"
set border 3 lc rgb "#666666"
set tics nomirror out
set grid lc rgb "#e4e4e4" lw 1
set key outside right top vertical Left reverse samplen 2
set style fill transparent solid 0.18 noborder
set xtics auto
data = "dpo-loss.csv"
set terminal svg size 760,420 font "Helvetica,12" name "dpo_loss" background rgb "white"
set output "dpo-loss.svg"
plot data using ($1==0?$2:1/0):($1==0?$4:1/0):($1==0?$5:1/0) skip 1 with filledcurves lc rgb "#D55E00" notitle, \
  data using ($1==0?$2:1/0):($1==0?$3:1/0) skip 1 with linespoints lw 2 pt 7 ps 0.35 lc rgb "#D55E00" title "training"
set terminal pngcairo size 1140,630 font "Helvetica,15"
set output "dpo-loss.png"
replot
