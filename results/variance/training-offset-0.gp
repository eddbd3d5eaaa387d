# Draws training-offset-0.svg and training-offset-0.png from training-offset-0.csv:  gnuplot training-offset-0.gp
set datafile separator ","
set title "Distance from the optimum, reward offset 0 sd" font ",13"
set xlabel "updates"
set ylabel "KL(π‖π*), nats"
set border 3 lc rgb "#666666"
set tics nomirror out
set grid lc rgb "#e4e4e4" lw 1
set key outside right top vertical Left reverse samplen 2
set style fill transparent solid 0.18 noborder
set xtics auto
set logscale y
set format y "10^{%T}"
data = "training-offset-0.csv"
set terminal svg size 760,420 font "Helvetica,12" name "training_offset_0" background rgb "white"
set output "training-offset-0.svg"
plot data using ($1==0?$2:1/0):($1==0?$4:1/0):($1==0?$5:1/0) skip 1 with filledcurves lc rgb "#D55E00" notitle, \
  data using ($1==0?$2:1/0):($1==0?$3:1/0) skip 1 with linespoints lw 2 pt 7 ps 0.35 lc rgb "#D55E00" title "none", \
  data using ($1==1?$2:1/0):($1==1?$4:1/0):($1==1?$5:1/0) skip 1 with filledcurves lc rgb "#56B4E9" notitle, \
  data using ($1==1?$2:1/0):($1==1?$3:1/0) skip 1 with linespoints lw 2 pt 7 ps 0.35 lc rgb "#56B4E9" title "batch mean", \
  data using ($1==2?$2:1/0):($1==2?$4:1/0):($1==2?$5:1/0) skip 1 with filledcurves lc rgb "#CC79A7" notitle, \
  data using ($1==2?$2:1/0):($1==2?$3:1/0) skip 1 with linespoints lw 2 pt 7 ps 0.35 lc rgb "#CC79A7" title "one reference sample", \
  data using ($1==3?$2:1/0):($1==3?$4:1/0):($1==3?$5:1/0) skip 1 with filledcurves lc rgb "#009E73" notitle, \
  data using ($1==3?$2:1/0):($1==3?$3:1/0) skip 1 with linespoints lw 2 pt 7 ps 0.35 lc rgb "#009E73" title "leave one out", \
  data using ($1==4?$2:1/0):($1==4?$4:1/0):($1==4?$5:1/0) skip 1 with filledcurves lc rgb "#888888" notitle, \
  data using ($1==4?$2:1/0):($1==4?$3:1/0) skip 1 with linespoints lw 2 pt 7 ps 0.35 lc rgb "#888888" title "learned value", \
  data using ($1==5?$2:1/0):($1==5?$4:1/0):($1==5?$5:1/0) skip 1 with filledcurves lc rgb "#0072B2" notitle, \
  data using ($1==5?$2:1/0):($1==5?$3:1/0) skip 1 with linespoints lw 2 pt 7 ps 0.35 lc rgb "#0072B2" title "soft value β log Z", \
  data using ($1==6?$2:1/0):($1==6?$4:1/0):($1==6?$5:1/0) skip 1 with filledcurves lc rgb "#7F3C8D" notitle, \
  data using ($1==6?$2:1/0):($1==6?$3:1/0) skip 1 with linespoints lw 2 pt 7 ps 0.35 lc rgb "#7F3C8D" title "none whitened", \
  data using ($1==7?$2:1/0):($1==7?$4:1/0):($1==7?$5:1/0) skip 1 with filledcurves lc rgb "#8B4513" notitle, \
  data using ($1==7?$2:1/0):($1==7?$3:1/0) skip 1 with linespoints lw 2 pt 7 ps 0.35 lc rgb "#8B4513" title "none reward to go", \
  data using ($1==8?$2:1/0):($1==8?$4:1/0):($1==8?$5:1/0) skip 1 with filledcurves lc rgb "#00B5D8" notitle, \
  data using ($1==8?$2:1/0):($1==8?$3:1/0) skip 1 with linespoints lw 2 pt 7 ps 0.35 lc rgb "#00B5D8" title "soft value whitened"
set terminal pngcairo size 1140,630 font "Helvetica,15"
set output "training-offset-0.png"
replot
